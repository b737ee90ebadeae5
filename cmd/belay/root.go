package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"strings"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/project"
)

// app is one call of the command line.
type app struct {
	ctx context.Context
	in  *os.File
	// terminal is where screens are drawn, out and errOut where lines leave.
	terminal    *os.File
	out, errOut *outlet
	// together is true where both lead to one place: what was said on the one is not
	// said again on the other.
	together bool

	flags project.Flags
	plain bool
	ascii bool
	color string
	theme string
	code  int
	// followed is true once a run was: then the exit code is the run's.
	followed bool
}

// execute runs the arguments and returns the exit code.
func (a *app) execute(args []string) int {
	root := a.root()
	root.SetArgs(args)
	err := fang.Execute(a.ctx, root,
		fang.WithErrorHandler(func(_ io.Writer, _ fang.Styles, err error) { a.code = a.tell(err) }),
		fang.WithVersion(engine.Version),
	)
	if err != nil || a.code != steps.ExitDone {
		return a.code
	}
	return a.unwritten()
}

// unwritten is the exit code of a command that ended well, where its words may be lost: a
// full disk cuts a report short in silence. What became of a run is its journal's word.
func (a *app) unwritten() int {
	a.out.flush()
	err := a.out.failed()
	if err == nil || errors.Is(err, syscall.EIO) && isDevice(a.terminal) { // a terminal that is gone
		return steps.ExitDone
	}
	a.refuse("standard output is cut short: "+err.Error(),
		"what the command did stands; give it more room, or look with `belay status`")
	if a.followed {
		return steps.ExitDone
	}
	return steps.ExitFailed
}

func isDevice(f *os.File) bool {
	i, err := f.Stat()
	return err == nil && i.Mode()&os.ModeCharDevice != 0
}

// tell prints an error unless it was told already.
func (a *app) tell(err error) int {
	var ended *exited
	if errors.As(err, &ended) {
		return ended.code
	}
	if lost := a.out.failed(); lost != nil && errors.Is(err, lost) {
		if a.unwritten(); a.followed { // it goes on, or waits for an answer
			return steps.ExitPerson
		}
		return steps.ExitFailed
	}
	if isCobraUsage(err) {
		err = &usageError{problem: err.Error(), advice: listsCommands}
	}
	return a.fail(err)
}

// listsCommands is the hint of whoever called belay wrongly.
const listsCommands = "`belay --help` lists the commands and flags"

// noSuchCommand refuses words behind bare `belay`, and says which command was
// perhaps meant.
func noSuchCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	root.SuggestionsMinimumDistance = 2
	advice := listsCommands
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		advice = "is `belay " + strings.Join(near, "` or `belay ") + "` meant? " + advice
	}
	return &usageError{problem: "there is no command " + args[0], advice: advice}
}

// isCobraUsage reports an error of cobra itself: those have no type, and no
// error of ours comes without one from the commands' own RunE.
func isCobraUsage(err error) bool {
	var ours *runError
	return !errors.As(err, &ours) && !isUsage(err)
}

// runError marks an error as one of a command that ran.
type runError struct{ error }

func (e *runError) Unwrap() error { return e.error }

// command wraps a command's work, so that its errors are told apart from wrong
// arguments.
func command(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return &runError{err}
		}
		return nil
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "belay",
		Short: "Run PostgreSQL migrations on a live database, with a guide that knows what can go wrong",
		Long: `belay walks you through running a migration on a live PostgreSQL: which database this is,
what is pending, what every statement locks and blocks, who stands in the way right now,
the run itself, and the proof afterwards.

In a folder with migrations and $DATABASE_URL set, ` + "`belay`" + ` is enough.`,
		Args:              noSuchCommand,
		SilenceUsage:      true,
		SilenceErrors:     true,
		RunE:              command(func(*cobra.Command, []string) error { return a.guide() }),
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	f := root.PersistentFlags()
	f.StringVar(&a.flags.Config, "config", "", "read this `FILE` instead of ./belay.toml")
	f.StringVar(&a.flags.Target, "target", "", "use the target of this `NAME` in belay.toml")
	f.StringVar(&a.flags.DSN, "dsn", "", "connect to this `DSN`; a password in it is visible to others on this host")
	f.StringVar(&a.flags.Migrations, "migrations", "", "the migrations folder `DIR`")
	f.StringVar(&a.flags.Tool, "tool", "", "the migration tool `NAME` of the folder")
	f.StringVar(&a.flags.PGBin, "pg-bin", "", "the folder `DIR` of the PostgreSQL programs")
	f.BoolVar(&a.plain, "plain", false, "print lines instead of screens; questions are read from standard input")
	f.BoolVar(&a.ascii, "ascii", false, "draw with the characters of ASCII alone")
	f.StringVar(&a.color, "color", "auto", "auto, always or never")
	f.StringVar(&a.theme, "theme", "auto", "auto, light or dark: the ground of your terminal; auto asks $COLORFGBG")
	root.SetHelpCommand(helpCommand())
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.checkLook() }
	root.AddCommand(a.runCommand(), a.rollbackCommand(), a.statusCommand(), a.attachCommand(), a.stopCommand(),
		a.abandonCommand(), a.approveCommand(), a.reportCommand(),
		a.replayCommand(), a.rehearseCommand(), a.explainCommand(), a.reviewCommand(), a.watchCommand(),
		a.scriptCommand(), a.renumberCommand(), a.newCommand(), a.uneditCommand(), a.adoptCommand(),
		a.backfillCommand(), a.demoCommand(),
		a.doctorCommand(), a.evidenceCommand(), a.campaignCommand(), a.dueCommand(),
		a.engineCommand())
	flow(root)
	return root
}

// helpCommand is cobra's own, but for a topic that does not exist: that is an error.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Help about any command",
		RunE: func(c *cobra.Command, topic []string) error {
			about, rest, err := c.Root().Find(topic)
			if err != nil || len(rest) > 0 {
				return &usageError{problem: "there is no command " + strings.Join(topic, " "), advice: listsCommands}
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

func (a *app) checkLook() error {
	switch a.color {
	case "auto", "always", "never":
	default:
		return &usageError{problem: "--color is " + a.color, advice: "the words are auto, always, never"}
	}
	switch a.theme {
	case "auto", "light", "dark":
		return nil
	}
	return &usageError{problem: "--theme is " + a.theme, advice: "the words are auto, light, dark"}
}

// onTerminal reports whether screens can be drawn.
func (a *app) onTerminal() bool {
	return !a.plain && term.IsTerminal(int(a.terminal.Fd())) && term.IsTerminal(int(a.in.Fd())) &&
		os.Getenv("TERM") != "dumb" && os.Getenv("ACCESSIBLE") == ""
}

// project finds out what there is to work on. What is wrong with the input is
// told here, before anything starts.
func (a *app) project() (*project.Project, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, &steps.Refused{
			Problem: "the folder that belay was started in cannot be found: " + err.Error(),
			Advice:  "it was moved or deleted: cd into the project again",
		}
	}
	return project.Load(a.flags, dir)
}

// target is project for a command that connects where a database is named. A DSN
// that cannot be understood ends it here, and what the user should know of the
// connection is said before anything goes over it.
func (a *app) target() (*project.Project, error) {
	p, err := a.project()
	if err != nil {
		return nil, err
	}
	return p, a.checkDSN(p)
}

func (a *app) checkDSN(p *project.Project) error {
	if !p.HasDSN() {
		return nil
	}
	cfg, err := p.Database()
	if isUsage(err) {
		return err
	}
	for _, w := range cfg.Warnings {
		a.errOut.say("belay: note: %s", w)
	}
	return nil
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
