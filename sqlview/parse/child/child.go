// Package child is the process that parses. It is entered in an init function,
// before main, when BELAY_PARSE_CHILD is set, and then never returns: deep SQL
// can end a process that parses it, so this one may be lost.
//
// It imports as little as possible: Go initialises packages in the order of
// their paths as soon as what they import is there, so this one is entered
// before most init functions of the program around it.
package child

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/pganalyze/pg_query_go/v6/parser"
)

// Env is the environment variable that makes a process a parsing child.
const Env = "BELAY_PARSE_CHILD"

// The file descriptors the child reads requests from and writes answers to.
// Standard input and output are left alone: an init function may print.
const (
	requestFD = 3
	answerFD  = 4
)

func init() {
	if os.Getenv(Env) == "" {
		return
	}
	limit()
	if serve(os.NewFile(requestFD, "requests"), os.NewFile(answerFD, "answers")) != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers requests until in ends.
func serve(in io.Reader, out io.Writer) error {
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<15)
	for {
		req, err := ReadRequest(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := answerAll(w, req); err != nil {
			return err
		}
	}
}

// answerAll answers one text after another. What is answered is sent before a
// text that may end this process is begun, so that the parent knows which it was.
func answerAll(w *bufio.Writer, req Request) error {
	for i, text := range req.Texts {
		if i == 1 || len(text) >= Large {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if err := WriteAnswer(w, answer(req.Op, text)); err != nil {
			return err
		}
	}
	return w.Flush()
}

func answer(op Op, text string) Answer {
	var data []byte
	var err error
	switch op {
	case Parse:
		data, err = parser.ParseToProtobuf(text)
	case Normalize:
		data, err = stringAnswer(parser.Normalize(text))
	case Fingerprint:
		data, err = stringAnswer(parser.FingerprintToHexStr(text))
	default:
		return Answer{Failed: true, Data: []byte("unknown request")}
	}
	var perr *parser.Error
	if errors.As(err, &perr) {
		return Answer{Failed: true, Cursor: perr.Cursorpos, Data: []byte(perr.Message)}
	}
	if err != nil {
		return Answer{Failed: true, Data: []byte(err.Error())}
	}
	return Answer{Data: data}
}

func stringAnswer(s string, err error) ([]byte, error) { return []byte(s), err }
