package fetch

import (
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	// silence is how long a registry may send nothing.
	silence = 30 * time.Second
	// mostMeta and mostBytes bound what a registry may send: the real ones are 10 kB
	// and 24 MB.
	mostMeta  = 1 << 20
	mostBytes = 200 << 20
)

var errSilent = fmt.Errorf("the registry sent nothing for %s", silence)

// client asks a registry and gives up when it falls silent.
type client struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	watch  *time.Timer
	http   *http.Client
}

func newClient(ctx context.Context) *client {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &client{ctx: ctx, cancel: cancel, watch: time.AfterFunc(silence, func() { cancel(errSilent) })}
	c.http = &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 5 {
				return errors.New("too many redirects")
			}
			return safe(r.URL.String())
		},
	}
	return c
}

func (c *client) end() {
	c.watch.Stop()
	c.cancel(nil)
	c.http.CloseIdleConnections()
}

// dist is what a registry says of one version of a package.
type dist struct {
	Tarball   string `json:"tarball"`
	Integrity string `json:"integrity"`
}

func (c *client) dist(registry, name string) (dist, error) {
	body, err := c.get(registry + "/" + url.PathEscape(name) + "/" + Version)
	if err != nil {
		return dist{}, err
	}
	defer body.Close()
	var meta struct {
		Dist dist `json:"dist"`
	}
	if err := json.NewDecoder(io.LimitReader(body, mostMeta)).Decode(&meta); err != nil {
		return dist{}, fmt.Errorf("what the registry says of %s@%s cannot be read: %w", name, Version, c.why(err))
	}
	return meta.Dist, safe(meta.Dist.Tarball)
}

// response is the body of an answer that was 200, and how long it is; -1 = not said.
type response struct {
	io.ReadCloser
	length int64
}

func (c *client) get(address string) (response, error) {
	r, err := http.NewRequestWithContext(c.ctx, http.MethodGet, address, nil)
	if err != nil {
		return response{}, err
	}
	got, err := c.http.Do(r)
	if err != nil {
		return response{}, c.why(err)
	}
	c.watch.Reset(silence)
	if got.StatusCode != http.StatusOK {
		got.Body.Close()
		return response{}, fmt.Errorf("%s answers %s", address, got.Status)
	}
	return response{got.Body, got.ContentLength}, nil
}

// why is the reason for which the client itself gave up, where it did.
func (c *client) why(err error) error {
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	return err
}

// download brings the archive here and holds it against the registry's hash.
func (c *client) download(d dist, to string, progress func(have, all int64)) error {
	want, err := sha512Of(d.Integrity)
	if err != nil {
		return err
	}
	body, err := c.get(d.Tarball)
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	counted := &counter{c: c, sum: sha512.New(), all: body.length, progress: progress}
	n, err := io.Copy(io.MultiWriter(f, counted), io.LimitReader(body, mostBytes+1))
	if closing := f.Close(); err == nil {
		err = closing
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{
			Problem: fmt.Sprintf("the download broke off after %d of %d bytes; nothing was kept", n, body.length),
			Advice:  "try again", cause: err,
		}
	case err != nil:
		return c.why(err)
	case n > mostBytes:
		return fmt.Errorf("%s is longer than %d bytes", d.Tarball, mostBytes)
	case subtle.ConstantTimeCompare(counted.sum.Sum(nil), want) != 1:
		return &Error{
			Problem: d.Tarball + " is not what the registry's hash (sha512) says; nothing of it was kept or run",
			Advice: "try again; if it stays so, somebody changes what comes over your network: install PostgreSQL " +
				"from your system's packages instead",
		}
	}
	return nil
}

// counter hashes what comes by, tells how far it is, and keeps the watch awake.
type counter struct {
	c         *client
	sum       hash.Hash
	have, all int64
	progress  func(have, all int64)
}

func (w *counter) Write(b []byte) (int, error) {
	w.c.watch.Reset(silence)
	w.have += int64(len(b))
	w.progress(w.have, w.all)
	return w.sum.Write(b)
}

// sha512Of finds the sha512 of a Subresource Integrity string, which npm writes as
// "sha512-BASE64", several parted by blanks.
func sha512Of(integrity string) ([]byte, error) {
	for _, one := range strings.Fields(integrity) {
		coded, ok := strings.CutPrefix(one, "sha512-")
		if !ok {
			continue
		}
		sum, err := base64.StdEncoding.DecodeString(coded)
		if err == nil && len(sum) == sha512.Size {
			return sum, nil
		}
	}
	return nil, errors.New("the registry names no sha512 for the package: it cannot be checked")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
