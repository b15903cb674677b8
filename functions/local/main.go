// Local runs all of Lianban as one process on one machine. Users need only Go:
//
//	go run ./functions/local           serve the pages and the API
//	go run ./functions/local demo      play the three cases in virtual time
//	go run ./functions/local simulate  play a made-up city's year in virtual time
//	go run ./functions/local --help
//
// It ends with 0, or with 1 when it could not do what was asked; verify and restore end with 3
// when they found an audit trail broken or an attachment missing. (go run itself turns every
// status but 0 into 1, and prints it: build the program to tell them apart.)
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"lianban/shared/bench"
	"lianban/shared/local"
)

// commands is the command line; each command's type says what it does and takes.
type commands struct {
	Serve    local.Server   `cmd:"" default:"withargs" help:"Serve the pages and the API on this machine (the default)."`
	Simulate local.Simulate `cmd:"" help:"Play a made-up city's year in virtual time."`
	Demo     local.Demo     `cmd:"" help:"Play the three reported cases to their end in virtual time and print what they took."`
	History  local.History  `cmd:"" help:"Print an issue's workflow history and audit events."`
	Verify   local.Verify   `cmd:"" help:"Check every audit trail, and that each goes on from the heads noted day by day; ends with 3 when one is broken."`
	Backup   local.Backup   `cmd:"" help:"Copy the data file and its attachments into one file, also while they are in use."`
	Restore  local.Restore  `cmd:"" help:"Bring a backup back under a name that is free, and say what it holds; ends with 3 when a trail is broken or an attachment missing."`
	Personal local.Personal `cmd:"" help:"List what is kept of one person, or put a pseudonym in place of their name."`
	Rebuild  local.Rebuild  `cmd:"" help:"Compare all figures with what the issues give, and set them right."`
	Bench    bench.Command  `cmd:"" help:"Measure throughput, latency, memory and disk beside the disk's own rate."`
	Hold     bench.Hold     `cmd:"" hidden:"" help:"Hold workflows open until killed; bench measures it."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.Name("lianban"), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&local.Streams{Out: os.Stdout, Err: os.Stderr}),
		kong.Description("Lianban routes the blockers of key construction projects through parallel departmental sign-off, and measures honestly how much time that saves."))
	err := parsed.Run()
	status := local.Status(err)
	if status != 0 {
		fmt.Fprintln(os.Stderr, "lianban:", err)
	}
	os.Exit(status)
}
