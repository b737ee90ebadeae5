package scratch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// templates is where data folders of initdb are kept to be copied; "" = nowhere.
var templates string

// KeepTemplates makes every later Start of this process copy what initdb made
// once for the same programs, in a folder below dir, instead of running it: a
// twelfth of the time. Passwords are then cheap to check. It is for tests, whose
// clusters are many and hold nothing: copies differ in what makes a cluster
// unique, its system identifier and its password, and in nothing else.
func KeepTemplates(dir string) { templates = dir }

// makeData fills the data folder: from a template, or by initdb.
func (c *Cluster) makeData(ctx context.Context) error {
	if err := c.fillData(ctx); err != nil || !c.options.Private {
		return err
	}
	return c.writeOwned(filepath.Join(c.data, "pg_hba.conf"), privateAccess)
}

func (c *Cluster) fillData(ctx context.Context) error {
	if templates == "" {
		return c.initdb(ctx)
	}
	template, err := c.template()
	if err != nil {
		return err
	}
	if _, err := os.Stat(template); err == nil {
		return c.fromTemplate(template)
	}
	if err := c.initdb(ctx); err != nil {
		return err
	}
	return keep(c.data, template)
}

// template is the folder of these very programs, for one name of the superuser: an
// upgrade makes another one.
func (c *Cluster) template() (string, error) {
	sum := sha256.New()
	for _, program := range [...]string{c.bin.Initdb, c.bin.Postgres} {
		fi, err := os.Stat(program)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, program, fi.Size(), fi.ModTime().UnixNano())
	}
	fmt.Fprintln(sum, c.Superuser())
	return filepath.Join(templates, fmt.Sprintf("initdb-%d-%.8x", c.bin.Major, sum.Sum(nil))), nil
}

// keep puts a copy of data where others look for it, whole or not at all.
func keep(data, template string) error {
	if err := os.MkdirAll(templates, 0o700); err != nil {
		return err
	}
	part, err := os.MkdirTemp(templates, "part-")
	if err != nil {
		return err
	}
	if err = copyData(data, part, account{}); err == nil {
		err = os.Rename(part, template)
	}
	if err != nil {
		_ = os.RemoveAll(part)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil // somebody else was first
	}
	return err
}

func (c *Cluster) fromTemplate(template string) error {
	if err := copyData(template, c.data, c.account); err != nil {
		return fmt.Errorf("copy %s: %w", template, err)
	}
	if err := renewIdentity(c.data); err != nil {
		return fmt.Errorf("copy of %s: %w", template, err)
	}
	c.secretIsOld = true
	return nil
}

// copyData copies a stopped server's folder, without what belongs to the
// server that ran there.
func copyData(from, to string, a account) error {
	blocks := make([]byte, 2*blockSize)
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == from {
			return err
		}
		rel := strings.TrimPrefix(path, from)
		if rel == "/postmaster.pid" || rel == "/postmaster.opts" {
			return nil
		}
		if d.IsDir() {
			err = os.Mkdir(to+rel, 0o700)
		} else {
			err = copyFile(path, to+rel, blocks)
		}
		if err != nil {
			return err
		}
		return a.own(to + rel)
	})
}

// blockSize is how much is copied at a time. Most files have 8 kB or less.
const blockSize = 64 << 10

// copyFile leaves out blocks of zeros, which is most of a WAL segment. Half of blocks
// is used to read, the other stays zero.
func copyFile(from, to string, blocks []byte) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size, err := copyBlocks(in, out, blocks[:blockSize], blocks[blockSize:])
	return errors.Join(err, out.Truncate(size), out.Close())
}

func copyBlocks(in io.Reader, out io.WriterAt, block, zeros []byte) (size int64, err error) {
	for {
		n, err := io.ReadFull(in, block)
		if n > 0 && !bytes.Equal(block[:n], zeros[:n]) {
			if _, err := out.WriteAt(block[:n], size); err != nil {
				return size, err
			}
		}
		size += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}
