package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"belay/db/ledger"
	"belay/steps"
	"belay/steps/campaign"
	argv "belay/steps/command"
	"belay/steps/project"
	"belay/tui"
	"belay/tui/board"
)

// boardEvery is how long the screen waits between two looks: each asks all sources.
const boardEvery = 15 * time.Second

// liveBoard shows the open campaigns on a screen that looks again by itself; id opens one.
func (a *app) liveBoard(o campaignOptions, id string) error {
	if o.output != "text" || o.markdown {
		return &usageError{problem: "--live is a screen, and takes no other form", advice: "leave --output or " +
			"--markdown away"}
	}
	if !a.onTerminal() {
		return &usageError{problem: "--live needs a terminal", advice: "leave it away: the same is printed then"}
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	if !p.HasDSN() {
		return noDatabase()
	}
	cfg, err := p.Database()
	if err != nil {
		return err
	}
	// What cannot be seen at all is an error of the command, with its hint.
	first, word, err := openBoards(a.ctx, p, o)
	if err != nil {
		return askedFor("the campaigns", err)
	}
	if id != "" && !slices.ContainsFunc(first, func(b campaign.Board) bool { return b.ID == id }) {
		return &steps.Refused{
			Problem: "campaign " + id + " is not open", Advice: "leave --live away: what is over does not change",
		}
	}
	return board.Run(a.ctx, board.Config{
		Terminal: a.drawn(), Title: cfg.Description(),
		Environment: word, ID: id, Every: boardEvery, Look: func(ctx context.Context) ([]campaign.Board, error) {
			boards, _, err := openBoards(ctx, p, o)
			return boards, sentence(err)
		},
	})
}

// openBoards looks at every open campaign as it stands now, with a connection of its own.
func openBoards(ctx context.Context, p *project.Project, o campaignOptions) (
	boards []campaign.Board, environment string, err error) {
	d, err := campaign.Open(ctx, p, whoHere())
	if err != nil {
		return nil, "", err
	}
	defer d.Close()
	environment, _ = p.Environment(d.Identity.SystemIdentifier, d.Identity.Database)
	d.Standbys, d.Code = o.standbys, o.code
	all, _, err := d.All(ctx)
	if err != nil {
		return nil, environment, err
	}
	var waits []campaign.Board
	for _, c := range all {
		if c.State != ledger.CampaignOpen {
			continue
		}
		b, err := d.Board(ctx, c, true)
		switch {
		case err != nil:
			return nil, environment, err
		case b.Waits():
			waits = append(waits, b)
		default:
			boards = append(boards, b)
		}
	}
	return append(boards, waits...), environment, nil
}

// sentence is an error as a screen says it.
func sentence(err error) error {
	if err == nil {
		return nil
	}
	err = steps.Database("the campaigns", err)
	if hint := steps.HintOf(err); hint != "" {
		return errors.New(err.Error() + "; " + hint)
	}
	return err
}

// beginLine goes on from a look to the command that begins a campaign, on the same
// terminal. It shows the phases, and asks.
func (a *app) beginLine(left tui.Left) error {
	words, err := argv.Argv(left.Command)
	if err != nil || len(words) < beginWords {
		return &usageError{problem: left.Command + " is no command that begins a campaign",
			advice: "give it by hand: belay campaign new --help"}
	}
	a.gone(left.Folder)
	a.out.say("%s", left.Command)
	c := a.campaignNew()
	c.SilenceUsage, c.SilenceErrors = true, true
	c.SetArgs(words[beginWords-1:])
	return c.ExecuteContext(a.ctx)
}

// beginWords are how many words the shortest such command has: belay campaign new KIND.
const beginWords = 4
