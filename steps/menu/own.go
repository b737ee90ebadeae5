package menu

import (
	"fmt"
	"strings"

	"belay/sqlview/pattern"
)

// Own is an entry made for a person's own names.
type Own struct {
	// Table must be there, with the column Column and without the column New; "" = it is
	// not looked for. Each is a name as SQL spells it.
	Table, Column, New string
	// Files are the migrations to write, in order.
	Files []File
	// Next are the commands of a shell that go on. Begins is true where the first of them
	// can go on in the screen's place: it shows what it does, and asks.
	Next   []string
	Begins bool
	// Says is what is to be known of it; "" = nothing.
	Says string
}

// File is a migration to write.
type File struct{ Title, SQL string }

// Ask is what an entry asks a person, so that it works on their own tables.
type Ask struct {
	// Text is the question, Sample an answer to it.
	Text, Sample string
	// Make reads an answer. An error says what is missing.
	Make func(words string) (Own, error)
}

// Read makes the entry of what a person typed.
func (e Entry) Read(words string) (Own, error) {
	if e.Ask == nil {
		return Own{}, fmt.Errorf("%s asks for nothing", e.Name)
	}
	own, err := e.Ask.Make(strings.TrimSuffix(strings.TrimSpace(words), ";"))
	if err != nil {
		return Own{}, fmt.Errorf("%w, as in: %s", err, e.Ask.Sample)
	}
	return own, nil
}

// Find finds the entry of a name.
func Find(name string) (Entry, bool) {
	for _, e := range All() {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// sqlName is a name as SQL spells it, with its schema.
var sqlName = pattern.New(`^(?:"(?:[^"]|"")+"|[\pL_][\pL\pN_$]*)(?:\.(?:"(?:[^"]|"")+"|[\pL_][\pL\pN_$]*))?`)

// cut takes the name at the beginning of a text; "" = none stands there.
func cut(text string) (name, rest string) {
	text = strings.TrimSpace(text)
	name = sqlName.FindString(text)
	return name, strings.TrimSpace(text[len(name):])
}

// cutTwo takes two names: a table and its column.
func cutTwo(text string) (table, column, rest string) {
	table, rest = cut(text)
	column, rest = cut(rest)
	return table, column, rest
}

// bare is a name without quotes and without its schema, for titles and commands.
func bare(name string) string {
	last := name
	if i := strings.LastIndex(name, `."`); i > 0 {
		last = name[i+1:]
	} else if !strings.HasPrefix(name, `"`) {
		last = name[strings.LastIndexByte(name, '.')+1:]
	}
	return strings.ReplaceAll(strings.Trim(last, `"`), `""`, `"`)
}

// word is a name as a shell takes it.
func word(name string) string {
	if strings.Contains(name, `"`) {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}

// made is a name for a thing of a table's, no longer than PostgreSQL keeps it.
func made(parts ...string) string {
	const longest = 63
	last := "_" + parts[len(parts)-1]
	var words []string
	for _, p := range parts[:len(parts)-1] {
		words = append(words, notInName.ReplaceAllString(strings.ToLower(bare(p)), "_"))
	}
	name := strings.Trim(strings.Join(words, "_"), "_")
	return name[:min(len(name), longest-len(last))] + last
}

var notInName = pattern.New(`[^a-z0-9_]+`)
