package checklist

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/applog"
	"belay/steps/command"
	"belay/steps/journal"
)

const monitorLog = "monitor.log"

// followLog begins to read the application's log: of belay.toml, or where a
// person said. What nobody has answered is asked; nothing waits for it.
func followLog(e *steps.Env) ([]journal.QuestionAsked, error) {
	patterns, err := applog.NewPatterns(e.Project.Config.Monitor.SQLStates)
	if err != nil {
		return nil,
			&steps.Refused{
				Problem: "[monitor] sqlstates in belay.toml: " + err.Error(), Advice: "fix the line and look again",
			}
	}
	source, configured, err := configuredLog(e)
	if err != nil {
		return nil, err
	}
	var asks []journal.QuestionAsked
	if !configured {
		source, asks = givenLog(e)
	}
	if source.Text == "" {
		e.Log.Close()
		return asks, nil
	}
	e.Log.Follow(source, patterns)
	return asks, nil
}

// configuredLog is the log of belay.toml. A command that nobody has allowed is
// none.
func configuredLog(e *steps.Env) (s applog.Source, configured bool, err error) {
	c := e.Project.Config.Monitor
	switch {
	case c.LogFile != "":
		return fileLog(e, c.LogFile), true, nil
	case c.LogCommand == "":
		return s, false, nil
	}
	may, _, err := consent(e)
	if err != nil || !may {
		return s, true, err
	}
	s, err = commandLog(e, c.LogCommand)
	if err != nil {
		return s, true,
			&steps.Refused{
				Problem: "[monitor] log_command in belay.toml: " + err.Error(), Advice: "fix the line and look again",
			}
	}
	return s, true, nil
}

func fileLog(e *steps.Env, path string) applog.Source {
	s := applog.Source{File: path, Text: path}
	if !filepath.IsAbs(path) {
		s.File = filepath.Join(e.Project.Dir, path)
	}
	return s
}

func commandLog(e *steps.Env, line string) (applog.Source, error) {
	argv, err := command.Argv(line)
	if err != nil {
		return applog.Source{}, err
	}
	if len(argv) == 0 || !command.Found(e.Project.Dir, argv[0]) {
		return applog.Source{}, errors.New(secret.Line(line) + " is neither a file nor a program that is here")
	}
	return applog.Source{Argv: argv, Dir: e.Project.Dir, Text: secret.Line(line)}, nil
}

// givenLog is the log that a person named: a file that is there, or a command.
// It is asked once, and never of nobody.
func givenLog(e *steps.Env) (applog.Source, []journal.QuestionAsked) {
	text, by, ok := e.Engine.Given(monitorLog)
	text = strings.TrimSpace(text)
	q := journal.QuestionAsked{
		ID: monitorLog, Preset: true,
		Text: "where does the application log its errors? Give a file, or a command such as journalctl -fu shop " +
			"(empty = none)",
		Why: "after the run belay counts the SQLSTATEs in it and compares them with before. No line is stored. " +
			"[monitor] in belay.toml remembers the place",
	}
	switch {
	case text == "" && (ok || e.Headless || e.Resumed):
		return applog.Source{}, nil
	case text == "":
		return applog.Source{}, []journal.QuestionAsked{q}
	}
	s := fileLog(e, text)
	if info, err := os.Stat(s.File); err == nil && info.Mode().IsRegular() {
		return s, nil
	}
	s, err := commandLog(e, text)
	if err == nil && !ownVoice(by) {
		err = errors.New("a command is taken from the run's owner alone, not from " + by)
	}
	if err != nil {
		q.Text = err.Error() + ". Where does the application log its errors? (empty = none)"
		return applog.Source{}, []journal.QuestionAsked{q}
	}
	return s, nil
}

// ownVoice reports whether an answer came from the person whose engine this is:
// what they name runs as them.
func ownVoice(by string) bool {
	if by == steps.AnswersFile {
		return true
	}
	u, err := user.Current()
	return err == nil && (by == u.Username || strings.HasSuffix(by, " ("+u.Username+")"))
}
