package git

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// history is what a range of commits did to the folder's files.
type history struct {
	files map[string]change
}

// change is one file: the blob with which it came, and every blob since with
// the commit that brought it.
type change struct {
	first string
	since Commit
	blobs map[string]Commit
}

// writer is the commit that brought the text.
func (c change) writer(b []byte) (Commit, bool) {
	for id, by := range c.blobs {
		if sameBlob(b, id) {
			return by, true
		}
	}
	return Commit{}, false
}

// readHistory reads the default branch as seen from itself (first parents: a
// file arrives with its merge), then the commits of this branch.
func (in *inspection) readHistory(ctx context.Context) (err error) {
	if in.merged, err = in.log(ctx, "--first-parent", "-m", in.facts.Reached); err != nil {
		return err
	}
	if in.branch, err = in.log(ctx, in.facts.Reached+".."+in.facts.Head); err != nil {
		return err
	}
	return in.listHead(ctx)
}

// listHead reads which of the files the commit at hand has.
func (in *inspection) listHead(ctx context.Context) error {
	args := []string{"ls-tree", "--name-only", "-z", in.facts.Head, "--"}
	for _, folder := range in.folders() {
		if folder != "." {
			args = append(args, folder+"/")
		}
	}
	out, err := in.repo.run(ctx, args...)
	if err != nil {
		return err
	}
	in.head = map[string]bool{}
	for name := range strings.SplitSeq(string(out), "\x00") {
		if here, ok := in.relative(name); ok {
			in.head[here] = true
		}
	}
	return nil
}

// folders are what to ask about, from the repository's top: the folder itself
// and those with the ways back.
func (in *inspection) folders() []string {
	all := []string{path.Join(in.prefix, ".")}
	for name := range in.files {
		folder := path.Join(in.prefix, path.Dir(name))
		if !slices.Contains(all, folder) && !strings.HasPrefix(folder, "..") {
			all = append(all, folder)
		}
	}
	return all
}

// relative spells a path of the repository as the folder's files are spelled.
func (in *inspection) relative(name string) (string, bool) {
	if in.prefix == "" {
		return name, true
	}
	if rest, ok := strings.CutPrefix(name, in.prefix+"/"); ok {
		return rest, true
	}
	if rest, ok := strings.CutPrefix(name, path.Dir(in.prefix)+"/"); ok {
		return "../" + rest, true
	}
	rest := "../" + name
	return rest, path.Dir(in.prefix) == "."
}

// log folds the commits of a range, oldest first. A file that was deleted and
// came again counts from its return.
func (in *inspection) log(ctx context.Context, which ...string) (history, error) {
	h := history{files: map[string]change{}}
	args := append([]string{"--glob-pathspecs", "log", "--reverse", "--raw", "--no-abbrev", "--no-renames",
		"--no-ext-diff", "-z",
		"--format=%x01%H%x02%an%x02%ct"}, which...)
	args = append(args, "--")
	for _, folder := range in.folders() {
		args = append(args, everyFile(folder))
	}
	out, err := in.repo.call(ctx, nil, args...)
	if err != nil {
		return h, err
	}
	var by Commit
	tokens := strings.Split(string(out), "\x00")
	for i := 0; i < len(tokens); i++ {
		token := strings.TrimLeft(tokens[i], "\n")
		switch {
		case strings.HasPrefix(token, "\x01"):
			by = parseCommit(token[1:])
		case strings.HasPrefix(token, ":") && i+1 < len(tokens):
			if name, ok := in.relative(tokens[i+1]); ok {
				h.apply(name, strings.Fields(token), by)
			}
			i++
		}
	}
	return h, nil
}

// everyFile is the pattern of a folder's own files, without sub-folders: asking
// for a whole repository would be slow.
func everyFile(folder string) string {
	if folder == "." {
		return "*"
	}
	return patternBytes.Replace(folder) + "/*"
}

var patternBytes = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func parseCommit(s string) Commit {
	field := strings.Split(s, "\x02")
	if len(field) != 3 {
		return Commit{}
	}
	seconds, _ := strconv.ParseInt(strings.TrimSpace(field[2]), 10, 64)
	return Commit{ID: field[0], Author: field[1], When: time.Unix(seconds, 0).UTC()}
}

// apply takes one raw line: modes, blobs before and after, status.
func (h history) apply(name string, field []string, by Commit) {
	if len(field) != 5 {
		return
	}
	c, known := h.files[name]
	switch {
	case field[4] == "D":
		delete(h.files, name)
		return
	case !known:
		c = change{first: field[3], since: by, blobs: map[string]Commit{}}
	}
	c.blobs[field[3]] = by
	h.files[name] = c
}

// texts reads what the edited files were, all in one call.
func (in *inspection) texts(ctx context.Context) error {
	if len(in.facts.Edited) == 0 {
		return nil
	}
	var ids bytes.Buffer
	for _, e := range in.facts.Edited {
		fmt.Fprintln(&ids, in.merged.files[e.Path].first)
	}
	out, err := in.repo.call(ctx, ids.Bytes(), "--literal-pathspecs", "cat-file", "--batch")
	if err != nil {
		return err
	}
	for i := range in.facts.Edited {
		e := &in.facts.Edited[i]
		e.Was, out = nextBlob(out)
		e.Kind = in.files[e.Path].EditOf(e.Was)
	}
	return nil
}

// nextBlob takes "id blob size LF text LF" from the front.
func nextBlob(out []byte) (text, rest []byte) {
	line, rest, _ := bytes.Cut(out, []byte("\n"))
	field := strings.Fields(string(line))
	if len(field) != 3 {
		return nil, rest
	}
	size, err := strconv.Atoi(field[2])
	if err != nil || size >= len(rest) {
		return nil, nil
	}
	return rest[:size], rest[size+1:]
}
