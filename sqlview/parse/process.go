package parse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"belay/sqlview/parse/child"
)

// process is one parsing child with the pipes to it.
type process struct {
	cmd      *exec.Cmd
	requests *os.File
	answers  *os.File
	reader   *bufio.Reader
}

// start runs this program again as a parsing child. It gets an environment of
// its own, so that no secret of this process is in it.
func start() (*process, error) {
	theirIn, requests, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the SQL parser: %w; too many open files?", err)
	}
	answers, theirOut, err := os.Pipe()
	if err != nil {
		closeAll(theirIn, requests)
		return nil, fmt.Errorf("start the SQL parser: %w; too many open files?", err)
	}
	defer closeAll(theirIn, theirOut)
	cmd, err := command(theirIn, theirOut)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		closeAll(requests, answers)
		return nil, fmt.Errorf("start the SQL parser: %w; belay runs its own file again for this, may it?", err)
	}
	return &process{cmd, requests, answers, bufio.NewReaderSize(answers, 1<<16)}, nil
}

func command(in, out *os.File) (*exec.Cmd, error) {
	self := "/proc/self/exe"
	if runtime.GOOS != "linux" {
		var err error
		if self, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(self)
	cmd.Args = []string{"belay-parser"}
	cmd.Env = []string{child.Env + "=1", "GOTRACEBACK=none"}
	cmd.ExtraFiles = []*os.File{in, out}
	cmd.SysProcAttr = ownGroup()
	return cmd, nil
}

// crowded is how many times as long as its deadline a statement may take where
// the machine is so busy that the child does not get to work.
const crowded = 10

// prompt is how soon nearly every answer is there. Only for one that is not, the
// child's clock is read, which costs more than parsing a statement.
const prompt = 50 * time.Millisecond

// send writes a request; it returns once the child has read it.
func (p *process) send(ctx context.Context, req child.Request, patience time.Duration) error {
	_ = p.requests.SetWriteDeadline(time.Now().Add(crowded * patience))
	if err := ctx.Err(); err != nil { // after the deadline was set: expire may have come before
		return err
	}
	return child.WriteRequest(p.requests, req)
}

// receive reads an answer. The child has as long as patience says, of its own
// time: what waits for a busy machine is not too deep.
func (p *process) receive(ctx context.Context, patience time.Duration) (child.Answer, error) {
	last := time.Now().Add(crowded * patience)
	var began time.Duration
	for wait, late := min(prompt, patience), false; ; wait, late = patience, true {
		_ = p.answers.SetReadDeadline(time.Now().Add(wait))
		if err := ctx.Err(); err != nil {
			return child.Answer{}, err
		}
		_, err := p.reader.Peek(1)
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil || time.Now().After(last) {
			return child.Answer{}, err
		}
		used, known := cpuTime(p.cmd.Process.Pid)
		switch {
		case !late:
			began = used
		case !known, used-began >= patience:
			return child.Answer{}, err
		}
	}
	_ = p.answers.SetReadDeadline(last)
	if err := ctx.Err(); err != nil {
		return child.Answer{}, err
	}
	return child.ReadAnswer(p.reader)
}

// expire ends a send or receive that is waiting.
func (p *process) expire() {
	past := time.Unix(1, 0)
	_ = p.requests.SetWriteDeadline(past)
	_ = p.answers.SetReadDeadline(past)
}

// closePatience is how long an idle child may take to end by itself.
const closePatience = 10 * time.Second

// close lets an idle child end by itself, and terminates one that does not:
// whoever waits for us must not wait for it.
func (p *process) close() error {
	closeAll(p.requests, p.answers)
	late := time.AfterFunc(closePatience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	return p.cmd.Wait()
}

// end terminates a child that is dead or does not answer.
func (p *process) end() {
	_ = p.cmd.Process.Kill()
	_ = p.close()
}

func closeAll(files ...*os.File) {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	_ = errors.Join(errs...)
}
