package project

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"belay/db/dsn"
)

// around is the repository that a folder stands in: the nearest one above with a
// .git, else the folder itself.
func around(dir string) string {
	for at := dir; ; {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		up := filepath.Dir(at)
		if up == at {
			return dir
		}
		at = up
	}
}

// inside resolves a path by its links and reports why it leads out of the
// repository. What does not exist yet is taken by its folder.
func (h home) inside(path string) (resolved, why string) {
	root, err := filepath.EvalSymlinks(h.root)
	if err != nil {
		return "", "cannot be looked for: " + err.Error()
	}
	at, missing := absolute(h.dir, path), ""
	for {
		resolved, err = filepath.EvalSymlinks(at)
		if !errors.Is(err, os.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		// A link to what is not there must not count as a name that is free.
		if _, lerr := os.Lstat(at); lerr == nil {
			return "", "is a link to what is not there"
		}
		at, missing = filepath.Dir(at), filepath.Join(filepath.Base(at), missing)
	}
	if err != nil {
		return "", "cannot be looked for: " + err.Error()
	}
	resolved = filepath.Join(resolved, missing)
	rel, err := filepath.Rel(root, resolved)
	if err != nil || !filepath.IsLocal(rel) {
		return resolved, "leads out of this repository"
	}
	return resolved, ""
}

func folderInside(h home, v any) string {
	s, _ := v.(string)
	if why := text(h, v); why != "" {
		return why
	}
	_, why := h.inside(s)
	return why
}

func fileInside(h home, v any) string {
	s, _ := v.(string)
	if why := text(h, v); why != "" {
		return why
	}
	resolved, why := h.inside(s)
	if why != "" {
		return why
	}
	if info, err := os.Stat(resolved); err == nil && !info.Mode().IsRegular() {
		return "is not an ordinary file"
	}
	return ""
}

func folder(h home, v any) string {
	s, _ := v.(string)
	if why := text(h, v); why != "" {
		return why
	}
	if s == "" {
		return "is empty"
	}
	if info, err := os.Stat(absolute(h.dir, s)); err == nil && !info.IsDir() {
		return "is not a folder"
	}
	return ""
}

// notRepositorys are parameters of a DSN that read the user's files, or name
// others to read.
var notRepositorys = []string{"passfile", "servicefile", "sslkey", "sslcert", "sslpassword", "krbspn", "krbsrvname"}

// repositoryDSN allows where and what, and nothing that reads the user's files.
func repositoryDSN(h home, v any) string {
	s, _ := v.(string)
	if why := text(h, v); why != "" {
		return why
	}
	d, err := dsn.Read(s)
	if err != nil {
		return "cannot be used: " + err.Error()
	}
	for _, name := range notRepositorys {
		if _, has := d.Params[name]; has {
			return "has " + name + ", which is not a repository's to say"
		}
	}
	if _, has := d.Params["service"]; has && len(d.Params) > 1 {
		return "has a service and more: what your service file says for one server would go to another"
	}
	if root := d.Params["sslrootcert"]; root != "" && root != "system" {
		if why := fileInside(h, root); why != "" {
			return "has an sslrootcert that " + why
		}
	}
	return ""
}

// probeURL allows a web address that is not one of the machine's own cloud.
func probeURL(h home, v any) string {
	s, _ := v.(string)
	if why := text(h, v); why != "" {
		return why
	}
	words := strings.Fields(s)
	if len(words) == 0 {
		return "is empty"
	}
	u, err := url.Parse(words[0])
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return "is no URL: it begins with http:// or https://"
	case u.User != nil:
		return "has a user or a password in it"
	case Metadata(u.Hostname()):
		return fmt.Sprintf("asks %s, where a cloud keeps the machine's credentials", u.Hostname())
	}
	return ""
}

// metadataNames and metadataAddresses are where clouds answer a machine about
// itself, besides the link-local addresses.
var (
	metadataNames = []string{
		"metadata.google.internal", "metadata", "metadata.goog", "instance-data", "instance-data.ec2.internal",
	}
	metadataAddresses = []netip.Addr{
		netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("fd00:ec2::254"),
		netip.MustParseAddr("168.63.129.16"),
	}
)

// Metadata reports a host name or address at which a cloud answers a machine about
// itself and its credentials, or that is link-local.
func Metadata(host string) bool {
	low := strings.TrimSuffix(strings.ToLower(host), ".")
	for _, n := range metadataNames {
		if low == n {
			return true
		}
	}
	a, err := netip.ParseAddr(low)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	for _, m := range metadataAddresses {
		if a == m {
			return true
		}
	}
	return a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast()
}
