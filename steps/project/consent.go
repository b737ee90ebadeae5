package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"time"

	"belay/db"
	"belay/db/dsn"
)

// ConsentError says that the repository's belay.toml decides where a connection
// goes, or how it is protected, and that nobody here has allowed it: what the
// environment holds for other servers, such as a password, would go there.
type ConsentError struct {
	// Target is the target's name in belay.toml, Address what it names.
	Target, Address string
	// SHA256 is of the file's bytes and the address: what a yes is bound to.
	SHA256 string
}

func (e *ConsentError) Error() string {
	return fmt.Sprintf("target %s in %s sends you to %s: nothing goes there without your yes", e.Target, FileName,
		e.Address)
}

// Hint says what to do now.
func (e *ConsentError) Hint() string {
	return "say yes once in `belay`, or in an answers file by trust.target = \"" + e.SHA256 +
		"\"; or name the server yourself, by $DATABASE_URL or --dsn"
}

// consented is nil where the server may be connected to: the user named it, or
// said yes to these bytes of belay.toml and this address.
func (p *Project) consented(cfg db.Config) error {
	if !p.strangeAddress(cfg) || p.Store == nil {
		return nil
	}
	e := &ConsentError{Target: p.TargetName, Address: cfg.Address(), SHA256: bound(p.Config.SHA256, cfg.Address())}
	if p.Store.Consented(p.ConfigPath, e.SHA256) {
		return nil
	}
	return e
}

// strangeAddress reports whether the DSN in use is the repository's and says more
// than which database: where it is, unless the user's own environment says the
// same, or how the way there is protected.
func (p *Project) strangeAddress(cfg db.Config) bool {
	if p.repoDSN == "" || p.DSN != p.repoDSN {
		return false
	}
	d, err := dsn.Read(p.DSN)
	if err != nil {
		return true
	}
	elsewhere := false
	for name, value := range d.Params {
		switch {
		case slices.Contains(places, name), name == "service" && p.sendsOthers(cfg):
			elsewhere = true
		case dsn.UseOf(name) == dsn.Connect && !slices.Contains(harmless, name) &&
			!(name == "sslmode" && slices.Contains(strict, value)):
			return true
		}
	}
	return elsewhere && !p.knownPlace(cfg.Address())
}

// sendsOthers reports a password that the person's own service file does not keep for
// the service itself: the repository chose where it goes.
func (p *Project) sendsOthers(cfg db.Config) bool {
	r, err := dsn.Resolve(p.DSN)
	return err != nil || cfg.Password() != "" && r.From["password"] != dsn.FromService
}

// places are the parameters that say where a connection goes; harmless ones say
// neither that nor how it is protected, and strict is what protects it.
var (
	places   = []string{"host", "hostaddr", "port"}
	harmless = []string{"dbname", "user", "connect_timeout", "target_session_attrs", "service"}
	strict   = []string{"verify-full", "verify-ca", "require"}
)

// knownPlace reports whether the environment by itself leads to an address.
func (p *Project) knownPlace(address string) bool {
	for _, text := range []string{"", os.Getenv("DATABASE_URL")} {
		if own, err := db.ParseConfig(text, "environment"); err == nil && own.Address() == address {
			return true
		}
	}
	return false
}

func bound(sha256OfFile, address string) string {
	sum := sha256.Sum256([]byte(sha256OfFile + "\n" + address))
	return hex.EncodeToString(sum[:])
}

// Allow remembers a yes to the server of a ConsentError in the user's own store.
func (p *Project) Allow(e *ConsentError, at time.Time) error {
	return p.Store.SetConsent(Consent{Path: p.ConfigPath, SHA256: e.SHA256, Address: e.Address, At: at.UTC()})
}
