package scratch

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// segmentIdentifier is where a WAL segment names its system: behind the 24 bytes
// of XLogPageHeaderData, in XLogLongPageHeaderData.
const segmentIdentifier = 24

// renewIdentity gives a copied data folder a system identifier of its own, made as
// initdb makes it: seconds in the upper half. It stands in pg_control and in the
// WAL's segments.
func renewIdentity(data string) error {
	var low [4]byte
	rand.Read(low[:])
	system := uint64(time.Now().Unix())<<32 | uint64(binary.NativeEndian.Uint32(low[:]))
	segments, err := filepath.Glob(filepath.Join(data, "pg_wal", "????????????????????????"))
	if err != nil || len(segments) == 0 {
		return errors.Join(err, errors.New("no WAL in it"))
	}
	for _, path := range segments {
		if err := overwrite(path, segmentIdentifier, system); err != nil {
			return err
		}
	}
	path := filepath.Join(data, "global", "pg_control")
	control, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := seal(control, system); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, control, 0o600)
}

func overwrite(path string, at int64, value uint64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(binary.NativeEndian.AppendUint64(nil, value), at)
	return errors.Join(err, f.Close())
}

// seal puts a system identifier into the bytes of pg_control and computes their
// CRC-32C anew. How long ControlFileData is depends on the server's version: its
// end is where the checksum holds.
func seal(control []byte, system uint64) error {
	table := crc32.MakeTable(crc32.Castagnoli)
	for end := 8; end+4 <= len(control); end += 4 {
		if binary.NativeEndian.Uint32(control[end:]) == crc32.Checksum(control[:end], table) {
			binary.NativeEndian.PutUint64(control, system)
			binary.NativeEndian.PutUint32(control[end:], crc32.Checksum(control[:end], table))
			return nil
		}
	}
	return errors.New("no checksum in it")
}

// renewPassword sets the cluster's own password in a copied data folder.
func (c *Cluster) renewPassword(ctx context.Context, conn *pgx.Conn) error {
	if !c.secretIsOld {
		return nil
	}
	secret, err := QuickSecret(c.password)
	if err != nil {
		return err
	}
	// A crash right after the start must not bring the old one back.
	for _, sql := range [...]string{
		`SET synchronous_commit = 'on'`,
		`ALTER ROLE ` + c.Superuser() + ` PASSWORD '` + secret + `'`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	c.secretIsOld = false
	return nil
}

// QuickSecret is what PostgreSQL stores of a password, in the form that CREATE and
// ALTER ROLE take too. It is for tests: one round of hashing in place of 4096 makes
// each connection cheaper, and the password no safer than its length.
func QuickSecret(password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	const rounds = 1
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	keyed := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(keyed("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, b64(salt), b64(stored[:]), b64(keyed("Server Key"))), nil
}
