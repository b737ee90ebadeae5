// Package dsn reads connection strings as the teams have them: libpq's URLs and
// keywords, and the URLs of golang-migrate with its own parameters. Where libpq
// and the URL parser of the Go tools read one string differently, it is refused.
// What is not understood is refused too, and never printed: a string that is read
// wrongly may have its password anywhere.
package dsn

import (
	"slices"
	"strings"
)

// DSN is a connection string that was understood. The zero value names nothing:
// the environment alone counts.
type DSN struct {
	// Params are libpq's parameters and the server's own run-time parameters,
	// decoded, by the names that libpq and the server give them.
	Params map[string]string
	// Tool are the parameters x-… of a migration tool, decoded, by name.
	Tool map[string]string
	// Path is the decoded path of a URL with its slash, from which golang-migrate
	// makes its advisory key; "" = not a URL, or one without a path.
	Path string
}

// Error says why a connection string was not understood. Neither text holds a
// part of it, but for names that are well known.
type Error struct {
	Problem string
	// Advice is what to do now.
	Advice string
}

func (e *Error) Error() string { return e.Problem }

// Hint is what to do now.
func (e *Error) Hint() string { return e.Advice }

const shape = `write it as postgres://user@host:5432/database or as "host=… port=… dbname=… user=…"`

// Read reads a connection string; "" is the zero DSN. The error is an *Error.
func Read(text string) (DSN, error) {
	switch {
	case text == "":
		return DSN{}, nil
	case strings.ContainsRune(text, 0):
		return DSN{}, &Error{"the DSN holds a NUL byte", shape}
	case strings.TrimSpace(text) == "":
		return DSN{}, &Error{"the DSN is blank", shape}
	case isQuote(text[0]):
		return DSN{},
			&Error{
				"the DSN begins with a quotation mark",
				"take the quotation marks around it away: they are the shell's or the file's, not the DSN's",
			}
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	if isURL && isScheme(scheme) {
		return readURL(scheme, rest)
	}
	if err := notKeywords(text); err != nil {
		return DSN{}, err
	}
	return readKeywords(text)
}

func isQuote(b byte) bool { return b == '"' || b == '\'' || b == '`' }

// isScheme reports whether what stands before :// is a URL's scheme, with or
// without blanks around it, and not the value of a keyword.
func isScheme(s string) bool {
	return !strings.ContainsAny(s, "='\\/@")
}

// notKeywords refuses what reads as keywords and is none: a URL whose scheme is
// misspelled, an assignment of a shell.
func notKeywords(text string) error {
	first, _, assigned := strings.Cut(text, "=")
	switch {
	case strings.Contains(first, ":"):
		return &Error{"the DSN is neither a URL nor keywords", shape}
	case !assigned:
		return &Error{"the DSN is neither a URL nor keywords: there is no = in it", shape}
	}
	return nil
}

// set adds a parameter. from is how it is spelled in the DSN.
func (d *DSN) set(name, value string) error {
	if tool, ok := strings.CutPrefix(name, "x-"); ok {
		return d.setTool(name, tool, value)
	}
	known, p, ok := find(name)
	if !ok {
		return unknown(name)
	}
	if err := p.check(known, value); err != nil {
		return err
	}
	if d.Params == nil {
		d.Params = map[string]string{}
	}
	d.Params[known] = value
	return nil
}

// setTool adds a parameter x-…: libpq and the server have none of that name.
func (d *DSN) setTool(name, tool, value string) error {
	if tool == "" || strings.Trim(tool, "abcdefghijklmnopqrstuvwxyz-") != "" || len(tool) > 40 {
		return &Error{"a parameter x-… of the DSN has a name that no tool has", "leave it out"}
	}
	if d.Tool == nil {
		d.Tool = map[string]string{}
	}
	d.Tool[name] = value
	return nil
}

// unknown refuses a parameter without its name, which may be a piece of a
// password. The nearest known name helps as much.
func unknown(name string) error {
	if foreign, ok := foreignParams[strings.ToLower(name)]; ok {
		return &Error{"the DSN has " + strings.ToLower(name) + ", which is neither libpq's nor the server's", foreign}
	}
	e := &Error{
		"a parameter of the DSN is neither libpq's nor the server's",
		"check the names of its parameters; a & or a blank within a value must be escaped",
	}
	if near := nearest(name); near != "" {
		e.Advice = "did you mean " + near + "? " + e.Advice
	}
	return e
}

// ToolNames are the names of the parameters x-…, sorted.
func (d DSN) ToolNames() []string {
	names := make([]string, 0, len(d.Tool))
	for n := range d.Tool {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
