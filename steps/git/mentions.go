package git

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strconv"
)

// Mention is a line of a text file that has one of the words.
type Mention struct {
	// Path is the file's, absolute; Line is counted from 1.
	Path string
	Line int
	Text string
}

// Mentions are the lines in the repository of the folder dir that have one of these
// words, in files that git tracks or would track, without binary ones. Where there is
// no git nobody looks, and there are none.
func Mentions(ctx context.Context, dir string, words []string) ([]Mention, error) {
	repo, unknown := open(dir)
	if unknown != "" || len(words) == 0 {
		return nil, nil
	}
	return repo.mentions(ctx, words)
}

// Search is Mentions that tells why nobody could look. Capitals count as small letters.
func Search(ctx context.Context, dir string, words []string) ([]Mention, Unknown, error) {
	repo, unknown := open(dir)
	if unknown != "" {
		return nil, unknown, nil
	}
	all, err := repo.mentions(ctx, words, "--ignore-case")
	if err != nil {
		unknown, _ = reason(err)
	}
	return all, unknown, err
}

func (r repository) mentions(ctx context.Context, words []string, how ...string) ([]Mention, error) {
	repo := r
	top, err := repo.run(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	repo.dir = string(bytes.TrimSuffix(top, []byte("\n")))
	args := append([]string{"grep", "--untracked", "--no-color", "--line-number", "-I", "-z", "--fixed-strings"},
		how...)
	for _, w := range words {
		args = append(args, "-e", w)
	}
	out, err := repo.run(ctx, args...)
	if saidNo(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Mention
	for line := range bytes.Lines(out) {
		field := bytes.SplitN(bytes.TrimSuffix(line, []byte("\n")), []byte{0}, 3)
		if len(field) != 3 {
			continue
		}
		n, _ := strconv.Atoi(string(field[1]))
		all = append(all, Mention{Path: filepath.Join(repo.dir, string(field[0])), Line: n, Text: string(field[2])})
	}
	return slices.Clip(all), nil
}
