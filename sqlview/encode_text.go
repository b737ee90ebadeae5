package sqlview

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/visible"
)

// WriteText writes the review for a person: what is wrong with the folder, the hazards of each file under its
// path, and that it is done in batches where it is, then the coverage and the counts. Text from the files is made
// visible:
// control characters are not passed on.
func WriteText(w io.Writer, r Result) error {
	b := bufio.NewWriter(w)
	writeFolder(b, r.Folder)
	for _, f := range r.Files {
		if len(f.Hazards) > 0 || f.Batches != "" {
			writeFile(b, f)
		}
	}
	fmt.Fprintln(b, summary(r))
	return b.Flush()
}

func writeFile(b *bufio.Writer, f FileResult) {
	fmt.Fprintln(b, visible.Line(f.Path))
	if f.Batches != "" {
		fmt.Fprintf(b, "  a backfill: %s\n", inBatches)
		writePart(b, "alone: ", f.Batches)
	}
	for _, h := range f.Hazards {
		fmt.Fprintf(b, "  %d:%d %s %s%s\n", h.Line, h.Column, h.Severity, h.Rule, onRelation(h))
		writePart(b, "", visible.Line(h.Message))
		writePart(b, "why: ", visible.Line(h.Why))
		if h.Instead != nil {
			writePart(b, "instead: ", *h.Instead)
		}
		if h.Waived != nil {
			writePart(b, "waived: ", visible.Line(waivedText(h.Waived)))
		}
	}
	fmt.Fprintln(b)
}

func onRelation(h Finding) string {
	if h.Relation == nil {
		return ""
	}
	return " on " + visible.Line(*h.Relation)
}

// writePart writes a part with its later lines below its first.
func writePart(b *bufio.Writer, word, text string) {
	if text == "" {
		return
	}
	indent := strings.Repeat(" ", 6+len(word))
	for i, line := range strings.Split(text, "\n") {
		if i == 0 {
			fmt.Fprintf(b, "      %s%s\n", word, visible.Line(line))
			continue
		}
		fmt.Fprintf(b, "%s%s\n", indent, visible.Line(line))
	}
}

func waivedText(w *lint.Waiver) string {
	if w.Until == "" {
		return w.Reason
	}
	return w.Reason + " (until " + w.Until + ")"
}

func summary(r Result) string {
	c := r.Count()
	text := fmt.Sprintf("%d of %s analysed: %d stop, %d warn, %s", r.Coverage.Analysed,
		lint.Count(r.Coverage.Statements, "statement"), c.Stop, c.Warn, lint.Count(c.Notice, "notice"))
	if c.Waived > 0 {
		text += fmt.Sprintf(", %d waived", c.Waived)
	}
	return text + " (" + JudgedFor(r) + ")"
}

// JudgedFor says by which version and catalog a review judged.
func JudgedFor(r Result) string {
	version := "server version unknown, judged for the worst of 12 to 18"
	if r.ServerVersion != nil {
		version = fmt.Sprintf("PostgreSQL %d", *r.ServerVersion)
	}
	whose := ""
	if r.Watched != "" {
		whose = ", a folder of " + r.Watched + ", which its own command runs"
	}
	return version + ", " + map[catalog.Source]string{
		catalog.SourceLive: "catalog from the server", catalog.SourceSchema: "catalog from a schema file",
		catalog.SourceHistory: "catalog from the folder's own history", catalog.SourceNone: "no catalog",
	}[catalog.Source(r.Catalog)] + whose
}
