// Package fetchtest is an npm registry on this machine, with one package of server
// programs that say what they are and do nothing else. Only tests import it.
package fetchtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"belay/db/scratch/fetch"
)

// Registry answers for the package of this system.
type Registry struct {
	Archive   []byte
	Integrity string
	// Cut ends the download after so many bytes; 0 = never.
	Cut int
	// Tarball is another address of the archive; "" = its own.
	Tarball string
	// Asked counts the requests.
	Asked atomic.Int64
}

// Whole is a registry that does all as it should.
func Whole(t *testing.T) *Registry {
	archive := Packed(t, Programs...)
	return &Registry{Archive: archive, Integrity: Sum(archive)}
}

// Serve starts the registry for as long as the test, and gives its URL.
func (r *Registry) Serve(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return s.URL
}

// ServeHTTP answers as a registry does.
func (r *Registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.Asked.Add(1)
	switch q.URL.Path {
	case "/" + fetch.Package() + "/" + fetch.Version:
		tarball := r.Tarball
		if tarball == "" {
			tarball = "http://" + q.Host + "/archive.tgz"
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"dist": map[string]string{"tarball": tarball, "integrity": r.Integrity},
		})
	case "/archive.tgz":
		w.Header().Set("Content-Length", strconv.Itoa(len(r.Archive)))
		if r.Cut > 0 {
			_, _ = w.Write(r.Archive[:r.Cut])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(r.Archive)
	default:
		http.NotFound(w, q)
	}
}

// Entry is a file of a package.
type Entry struct{ Name, Text string }

// Programs are a package whose programs need no PATH to say what they are.
var Programs = []Entry{
	{"package/package.json", "{}"},
	{"package/native/bin/initdb", "#!/bin/sh\necho 'initdb (PostgreSQL) 17.10'\n"},
	{"package/native/bin/postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 17.10'\n"},
	{"package/native/lib/libpq.so.5.17", "library"},
	{"package/native/pg-symlinks.json", `[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so"}]`},
}

// Packed is a package as npm packs one.
func Packed(t *testing.T, entries ...Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		if err := w.WriteHeader(&tar.Header{
			Name: e.Name, Size: int64(len(e.Text)), Mode: 0o644, Typeflag: tar.TypeReg,
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.Text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Sum is the integrity that npm writes for an archive.
func Sum(b []byte) string {
	s := sha512.Sum512(b)
	return "sha512-" + base64.StdEncoding.EncodeToString(s[:])
}
