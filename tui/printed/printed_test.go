package printed

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"belay/sqlview"
	"belay/steps/campaign"
	"belay/steps/doctor"
	"belay/steps/evidence"
	"belay/tui/look"
)

var update = flag.Bool("update", false, "write the pages that are seen into the samples")

// sample draws what a file of an archive holds, by the end of its name.
var sample = map[string]func(t *testing.T, p Paper, files []txtar.File) []string{
	".sql": func(t *testing.T, p Paper, files []txtar.File) []string {
		var sources []sqlview.Source
		for _, f := range files {
			if strings.HasSuffix(f.Name, ".sql") {
				// An escape or a byte that cannot stand in a text file is written as Go writes it.
				text, err := strconv.Unquote(`"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(string(f.Data)) +
					`"`)
				if err != nil {
					t.Fatalf("%s: %s", f.Name, err)
				}
				sources = append(sources, sqlview.Source{Path: "migrations/" + f.Name, SQL: []byte(text)})
			}
		}
		r, err := sqlview.Review(t.Context(), sources, sqlview.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Review(r)
	},
	"status.json": func(t *testing.T, p Paper, files []txtar.File) []string {
		var s Status
		decode(t, files[0].Data, &s)
		return p.Status(s)
	},
	"doctor.json": func(t *testing.T, p Paper, files []txtar.File) []string {
		var parts []doctor.Part
		decode(t, files[0].Data, &parts)
		return p.Doctor(parts)
	},
	"campaign.json": func(t *testing.T, p Paper, files []txtar.File) []string {
		var b campaign.Board
		decode(t, files[0].Data, &b)
		return p.Campaign(b)
	},
	"due.json": func(t *testing.T, p Paper, files []txtar.File) []string {
		var all []campaign.Board
		decode(t, files[0].Data, &all)
		return p.Due(all)
	},
	"evidence.json": func(t *testing.T, p Paper, files []txtar.File) []string {
		var r evidence.Report
		decode(t, files[0].Data, &r)
		return p.Evidence(r)
	},
	"trial.json": func(t *testing.T, p Paper, files []txtar.File) []string {
		var trial campaign.Trial
		decode(t, files[0].Data, &trial)
		return p.Trial(trial)
	},
	".md": func(_ *testing.T, p Paper, files []txtar.File) []string { return p.Markdown(string(files[0].Data)) },
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// TestPages draws every sample at the widths it names, and holds it to its page.
func TestPages(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			draw := sample[filepath.Ext(archive.Files[0].Name)]
			if draw == nil {
				draw = sample[archive.Files[0].Name]
			}
			for i, f := range archive.Files {
				words := strings.Fields(f.Name)
				width, err := strconv.Atoi(words[0])
				if err != nil {
					continue
				}
				set := look.Unicode
				if len(words) > 1 {
					set = look.ASCII
				}
				got := page(t, draw(t, New(look.New(false, set), width), archive.Files), width, set)
				if *update {
					archive.Files[i].Data = []byte(got)
				} else if d := cmp.Diff(string(f.Data), got); d != "" {
					t.Errorf("%s (-want +got):\n%s", f.Name, d)
				}
				coloured := strings.Join(draw(t, New(look.New(true, set), width), archive.Files), "\n") + "\n"
				if d := cmp.Diff(got, ansi.Strip(coloured)); d != "" {
					t.Errorf("%s: colours change the text:\n%s", f.Name, d)
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// page is the lines as text. None is too wide for its terminal or steers it.
func page(t *testing.T, lines []string, width int, set look.Set) string {
	t.Helper()
	for _, l := range lines {
		plain := ansi.Strip(l)
		if look.Width(plain) >= width {
			t.Errorf("%d columns of %d: %q", look.Width(plain), width, plain)
		}
		for _, r := range plain {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf) {
				t.Errorf("%U stands in %q", r, plain)
			}
		}
	}
	return ansi.Strip(strings.Join(lines, "\n")) + "\n"
}

// The caret stands below the word of its column, whatever comes before it and however
// the line is cut.
func TestCaretStandsBelowItsWord(t *testing.T) {
	p := New(look.New(false, look.Unicode), 60)
	for _, before := range []string{
		"", "\t", "a\tb\t", "日本語 ", "é\u0301 ", "\x1b[31m ", "\u202e ", strings.Repeat("x ", 200),
		strings.Repeat("日本 ", 90), "'" + strings.Repeat("\t", 50) + "' ",
	} {
		for _, after := range []string{"", ";", " " + strings.Repeat("y", 300)} {
			line := before + "TARGET" + after
			s := sources{lines: look.Source(line, 1), exact: []string{line}}
			h := sqlview.Finding{Line: 1, Column: len([]rune(before)) + 1, Statement: -1}
			got := p.place(s, sqlview.FileResult{}, h, look.Danger)
			if len(got) != 2 {
				t.Fatalf("%q: %q", line, got)
			}
			code, carets := ansi.Strip(got[0]), ansi.Strip(got[1])
			at := look.Width(carets[:strings.Index(carets, "^")])
			if word := ansi.Cut(code, at, at+6); word != "TARGET" || strings.Count(carets, "^") != 6 ||
				look.Width(code) >= 60 {
				t.Errorf("%q: the caret stands below %q:\n%s\n%s", line, word, code, carets)
			}
		}
	}
}

// A secret before the place moves the caret with the text; one around it takes it away.
func TestCaretAfterASecret(t *testing.T) {
	for _, c := range []struct {
		exact, shown  string
		column, shows int
	}{
		{"SELECT a", "SELECT a", 8, 8}, {"PASSWORD 'hunter22' VALID", "PASSWORD '***' VALID", 21, 16},
		{"PASSWORD 'hunter22'", "PASSWORD '***'", 12, 0}, {"ab\r", "ab", 2, 2},
	} {
		if got := shownColumn(c.exact, c.shown, c.column); got != c.shows {
			t.Errorf("%q as %q: column %d is shown at %d, want %d", c.exact, c.shown, c.column, got, c.shows)
		}
	}
}
