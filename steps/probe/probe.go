// Package probe asks an application whether it is well: by HTTP, by a SELECT, or
// by a command of the team's. A probe changes nothing that belay knows of; an
// SQL probe cannot, because its transaction is READ ONLY.
package probe

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"belay/db"
	"belay/sqlview/secret"
	"belay/steps/command"
)

// Kind is how a probe asks.
type Kind string

// The kinds of probe.
const (
	HTTP    Kind = "http"
	SQL     Kind = "sql"
	Command Kind = "command"
)

// DefaultLimit is how long a probe may take where it does not say.
const DefaultLimit = 5 * time.Second

// Probe is one question to the application.
type Probe struct {
	Kind Kind
	// Text is the probe as the configuration spells it; it names the probe.
	Text string
	URL  string
	// Status is the expected HTTP status; 0 = any of 200 to 299.
	Status int
	// Contains must stand in the body; "" = anything.
	Contains string
	Limit    time.Duration
	Argv     []string
}

// Result is an answer.
type Result struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Said is the short answer, such as 200, "1 row" or "exit 0".
	Said string `json:"said"`
	// Problem says why it is not well; "" = it is.
	Problem string `json:"problem,omitempty"`
	MS      int64  `json:"ms"`
}

// Where says from where probes ask. The zero value can ask by HTTP.
type Where struct {
	// DB is the target, for SQL; Run names the session there.
	DB  db.Config
	Run string
	// Role is taken for an SQL probe; "" = the login's own rights.
	Role string
	// Dir is where commands run.
	Dir string
}

// ParseHTTP reads "URL [STATUS] [contains TEXT] [within SPAN]".
func ParseHTTP(text string) (Probe, error) {
	p := Probe{Kind: HTTP, Text: text, Limit: DefaultLimit}
	words, err := command.Argv(text)
	if err != nil || len(words) == 0 {
		return p, fmt.Errorf("%q is no probe: write URL [STATUS] [contains TEXT] [within 500ms]", secret.Line(text))
	}
	u, err := url.Parse(words[0])
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return p, fmt.Errorf("%q is no URL: it begins with http:// or https://", secret.Line(words[0]))
	}
	p.URL = words[0]
	for i := 1; i < len(words); i++ {
		n, err := strconv.Atoi(words[i])
		switch {
		case err == nil && n >= 100 && n <= 599:
			p.Status = n
		case words[i] == "contains" && i+1 < len(words):
			i++
			p.Contains = words[i]
		case words[i] == "within" && i+1 < len(words):
			i++
			if p.Limit, err = time.ParseDuration(words[i]); err != nil || p.Limit <= 0 {
				return p, fmt.Errorf("%q is no time span; write it like 500ms", words[i])
			}
		default:
			return p,
				fmt.Errorf("%q in %q is not understood: write URL [STATUS] [contains TEXT] [within 500ms]",
					secret.Line(words[i]), secret.Line(text))
		}
	}
	return p, nil
}

// ParseSQL reads one statement. It is well when its first row's first value is
// there and is not false.
func ParseSQL(text string) (Probe, error) {
	if strings.TrimSpace(text) == "" {
		return Probe{}, fmt.Errorf("an SQL probe is empty")
	}
	return Probe{Kind: SQL, Text: text, Limit: DefaultLimit}, nil
}

// ParseCommand reads a command line; there is no shell. It is well when its exit
// code is 0.
func ParseCommand(text string) (Probe, error) {
	argv, err := command.Argv(text)
	if err != nil || len(argv) == 0 {
		return Probe{}, fmt.Errorf("%q is no command line", secret.Line(text))
	}
	return Probe{Kind: Command, Text: text, Argv: argv, Limit: 30 * time.Second}, nil
}

// Ask asks once.
func (p Probe) Ask(ctx context.Context, w Where) Result {
	ctx, cancel := context.WithTimeout(ctx, p.Limit)
	defer cancel()
	r := Result{Kind: p.Kind, Name: secret.Line(p.Text)}
	hidden := secret.OfLine(p.Text)
	began := time.Now()
	switch p.Kind {
	case HTTP:
		r.Name = secret.Line(p.URL)
		r.Said, r.Problem = p.askHTTP(ctx)
	case SQL:
		r.Name, hidden = secret.SQL(p.Text), secret.Values(p.Text)
		r.Said, r.Problem = p.askSQL(ctx, w)
	case Command:
		r.Said, r.Problem = p.askCommand(ctx, w)
	}
	r.Said, r.Problem = secret.Text(r.Said, hidden), secret.Text(r.Problem, hidden)
	r.OK, r.MS = r.Problem == "", time.Since(began).Milliseconds()
	return r
}

func (p Probe) askCommand(ctx context.Context, w Where) (said, problem string) {
	res, err := command.Run(ctx, w.Dir, p.Argv, p.Limit)
	switch {
	case err != nil:
		return "not started", err.Error()
	case res.TimedOut:
		return "no end", "it did not end within " + p.Limit.String()
	case res.Exit != 0:
		return fmt.Sprintf("exit %d", res.Exit), lastLine(res.Output)
	}
	return "exit 0", ""
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	s = s[strings.LastIndexByte(s, '\n')+1:]
	if s == "" {
		return "it said nothing"
	}
	return s[:min(len(s), 200)]
}
