package dump

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// Contents is what a dump says that it holds. A dump is anybody's text: nothing
// here is more than a name to be judged.
type Contents struct {
	// Extensions are those that it creates, in order.
	Extensions []Extension
	// Wrappers are the foreign-data wrappers that it creates outside an extension.
	Wrappers []string
	// Owners are the roles that own something in it.
	Owners []string
	// LeftOut are the objects that only a superuser may make, as "event trigger x".
	LeftOut []string

	schemas, others string // lists for pg_restore
}

// Extension is one that a dump creates, and where; Schema "" = in its own.
type Extension struct{ Name, Schema string }

// superusers are the kinds that only a superuser may make, by pg_restore's words.
var superusers = []string{
	"EVENT TRIGGER -", "ACCESS METHOD -", "PROCEDURAL LANGUAGE -", "OPERATOR CLASS", "OPERATOR FAMILY",
	"TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE",
}

// elsewhere are the kinds of which whoever restores takes care by name, and what
// hangs on them and belongs to a superuser all the same.
var elsewhere = []string{
	"EXTENSION -", "COMMENT - EXTENSION", "FOREIGN DATA WRAPPER -", "COMMENT - FOREIGN DATA WRAPPER",
	"ACL - FOREIGN DATA WRAPPER",
	"COMMENT - EVENT TRIGGER", "COMMENT - ACCESS METHOD", "COMMENT - PROCEDURAL LANGUAGE", "ACL - LANGUAGE",
}

// Read lists what a dump holds.
func Read(ctx context.Context, c Client, path string) (Contents, error) {
	var list, text bytes.Buffer
	for args, out := range map[string]*bytes.Buffer{"--list": &list, "--schema-only --no-tablespaces --file=-": &text} {
		err := program{
			path: c.RestoreBy, args: append(strings.Fields(args), path), env: environWithout(), out: out,
		}.run(ctx)
		if err != nil {
			return Contents{}, err
		}
	}
	found := Contents{Extensions: extensions(text.String()), Owners: owners(text.String())}
	found.sort(list.String())
	return found, nil
}

// entry is a line of a list: the dump's own number, two of the catalog's, and what
// it is of.
var entry = pattern.New(`^\d+; \d+ \d+ (.+)$`)

// sort puts each line of a list where it belongs.
func (c *Contents) sort(list string) {
	for line := range strings.Lines(list) {
		m := entry.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		is := func(kind string) bool { return strings.HasPrefix(m[1], kind+" ") }
		switch {
		case is("FOREIGN DATA WRAPPER -"):
			c.Wrappers = append(c.Wrappers, unowned(strings.TrimPrefix(m[1], "FOREIGN DATA WRAPPER - ")))
		case is("SCHEMA -"):
			c.schemas += line
		case slices.ContainsFunc(superusers, is):
			i := slices.IndexFunc(superusers, is)
			kind := strings.TrimSuffix(superusers[i], " -")
			c.LeftOut = append(c.LeftOut,
				strings.ToLower(kind)+" "+unowned(strings.TrimPrefix(m[1], superusers[i]+" ")))
		case !slices.ContainsFunc(elsewhere, is):
			c.others += line
		}
	}
}

// unowned is an entry without its owner, which is the last word.
func unowned(text string) string {
	if i := strings.LastIndexByte(text, ' '); i > 0 {
		return text[:i]
	}
	return text
}

var (
	extensionLine = pattern.New(
		`(?m)^CREATE EXTENSION IF NOT EXISTS ("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)(?: WITH SCHEMA ("(?:[^"]|"")+"|[a-z_][a-z0-9_]*))?;$`,
	)
	ownerLine = pattern.New(`(?m)^-- (?:Data for )?Name: .*; Owner: (.+)$`)
)

func extensions(sql string) []Extension {
	var all []Extension
	for _, m := range extensionLine.FindAllStringSubmatch(sql, -1) {
		all = append(all, Extension{Name: unquoted(m[1]), Schema: unquoted(m[2])})
	}
	return all
}

// unquoted is the name that an identifier of pg_dump spells.
func unquoted(identifier string) string {
	if inner, quoted := strings.CutPrefix(identifier, `"`); quoted {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return identifier
}

func owners(sql string) []string {
	var all []string
	for _, m := range ownerLine.FindAllStringSubmatch(sql, -1) {
		if name := m[1]; name != "-" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// listFile writes a list for pg_restore --use-list; remove deletes it.
func listFile(lines string) (path string, remove func(), err error) {
	f, err := os.CreateTemp("", "belay-restore-")
	if err != nil {
		return "", nil, fmt.Errorf("list of what to restore: %w", err)
	}
	remove = func() { _ = os.Remove(f.Name()) }
	_, err = f.WriteString(lines)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("list of what to restore: %w", err)
	}
	return f.Name(), remove, nil
}
