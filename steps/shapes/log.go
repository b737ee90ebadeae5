package shapes

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"belay/sqlview/parse"
	"belay/sqlview/pattern"
)

// mostShapes is how many statements of a log are kept, its most frequent ones.
const mostShapes = 5000

// entry is one message of a server's log. Who and At are "" and zero where its format does
// not have them; database too.
type entry struct {
	at                     time.Time
	who, database, message string
}

// Log reads the statements out of a log of the server, in its formats stderr, csvlog and
// jsonlog: those of log_statement and log_min_duration_statement, and the Query Text of
// auto_explain. Each shape counts once, with how often it was there and when last. Of
// another database than the given one none is taken, where the log says which it is.
func Log(in io.Reader, name, database string) ([]Shape, error) {
	r := bufio.NewReaderSize(in, 1<<16)
	read := stderrEntries
	switch start, _ := r.Peek(1 << 12); {
	case bytes.HasPrefix(bytes.TrimSpace(start), []byte("{")):
		read = jsonEntries
	case csvLine.Match(start):
		read = csvEntries
	}
	known := map[string]*Shape{}
	err := read(r, func(e entry) {
		sql := statementOf(e.message)
		if sql == "" || e.database != "" && e.database != database {
			return
		}
		key := shapeOf(sql)
		s := known[key]
		if s == nil {
			if len(known) >= 4*mostShapes {
				return
			}
			s = &Shape{SQL: sql, Who: name, Values: true}
			known[key] = s
		}
		s.Calls++
		if e.at.After(s.Last) {
			s.Last = e.at
		}
		if e.who != "" {
			s.Who = e.who
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var out []Shape
	for _, s := range known {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Shape) int {
		if a.Calls != b.Calls {
			return int(b.Calls - a.Calls)
		}
		return strings.Compare(a.SQL, b.SQL)
	})
	return out[:min(len(out), mostShapes)], nil
}

// shapeOf is a statement without its values and comments.
func shapeOf(sql string) string {
	var b strings.Builder
	at := 0
	for _, t := range parse.Tokens([]byte(sql)) {
		b.WriteString(sql[at:t.Start])
		at = t.End
		switch text := sql[t.Start:t.End]; {
		case t.Kind == parse.TokenComment:
		case t.Kind == parse.TokenString, '0' <= text[0] && text[0] <= '9' && !strings.HasSuffix(sql[:t.Start], "$"):
			b.WriteString("?")
		default:
			b.WriteString(text)
		}
	}
	return strings.Join(strings.Fields(b.String()+sql[at:]), " ")
}

var (
	sent = pattern.New(`^(?:duration: [\d.]+ ms  )?(?:statement|execute [^\n]*?): `)
	plan = pattern.New(`^duration: [\d.]+ ms  plan:`)
	// node is the first line of a plan, or what stands before it.
	node    = pattern.New(`^(?:Query Parameters: |.*\(cost=[\d.]+\.\.[\d.]+ rows=\d+ width=\d+\))`)
	csvLine = pattern.New(`^\d{4}-\d\d-\d\d [\d:.]+ \S+,("[^"\n]*")?,("[^"\n]*")?,\d+,`)
	// begins is the first line of a message in format stderr, with log_line_prefix before it.
	begins = pattern.New(`^(.*?)\b(?:LOG|DEBUG\d|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION):  (.*)$`)
	moment = pattern.New(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z]{3,5}`)
)

// statementOf is the statement that a message tells of; "" = it tells of none.
func statementOf(message string) string {
	if at := sent.FindStringIndex(message); at != nil {
		return message[at[1]:]
	}
	if !plan.MatchString(message) {
		return ""
	}
	var out []string
	for line := range strings.Lines(message) {
		line = strings.TrimRight(line, "\n")
		text := strings.TrimSpace(line)
		switch {
		case len(out) == 0 && strings.HasPrefix(text, `"Query Text": `):
			var sql string
			if json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimPrefix(text, `"Query Text": `), ",")), &sql) == nil {
				return sql
			}
		case len(out) == 0:
			if sql, ok := strings.CutPrefix(text, "Query Text: "); ok {
				out = append(out, sql)
			}
		case node.MatchString(text):
			return strings.Join(out, "\n")
		default:
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// stderrEntries reads lines: a message goes on in those that begin with a tab.
func stderrEntries(r *bufio.Reader, each func(entry)) error {
	var e entry
	open := false
	for {
		line, err := r.ReadString('\n')
		text := strings.TrimRight(line, "\r\n")
		if m := begins.FindStringSubmatch(text); m != nil && !strings.HasPrefix(text, "\t") {
			if open {
				each(e)
			}
			e, open = entry{at: momentOf(m[1]), message: m[2]}, true
		} else if open && len(e.message) < 1<<20 {
			e.message += "\n" + strings.TrimPrefix(text, "\t")
		}
		if errors.Is(err, io.EOF) {
			if open {
				each(e)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// momentOf is the time in a log_line_prefix; zero = there is none that says its zone.
func momentOf(prefix string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05.999 MST", moment.FindString(prefix))
	if err != nil || at.Location() != time.UTC && at.Location().String() != "UTC" {
		return time.Time{}
	}
	return at
}

// Fields of csvlog, which 12 to 18 begin alike.
const (
	csvTime, csvUser, csvDatabase, csvMessage, csvApplication = 0, 1, 2, 13, 22
)

func csvEntries(r *bufio.Reader, each func(entry)) error {
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	for {
		f, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case len(f) > csvApplication:
			each(entry{
				at: momentOf(f[csvTime]), who: whoSent(f[csvApplication], f[csvUser]), database: f[csvDatabase],
				message: f[csvMessage],
			})
		}
	}
}

func jsonEntries(r *bufio.Reader, each func(entry)) error {
	d := json.NewDecoder(r)
	for {
		var f struct {
			Time        string `json:"timestamp"`
			User        string `json:"user"`
			Database    string `json:"dbname"`
			Application string `json:"application_name"`
			Message     string `json:"message"`
		}
		if err := d.Decode(&f); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		each(entry{momentOf(f.Time), whoSent(f.Application, f.User), f.Database, f.Message})
	}
}

func whoSent(application, user string) string {
	if application == "" {
		return user
	}
	return application + ", role " + user
}
