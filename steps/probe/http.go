package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"belay/steps/project"
)

// maxBody is how much of a body is looked at.
const maxBody = 1 << 20

// client opens a connection for each question: a kept one would hide that no new
// one can be made. A redirect is an answer, not a way.
var client = &http.Client{
	Transport: &http.Transport{
		DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext,
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// dialer never connects to where a cloud answers a machine about itself, by
// whatever name or spelling of the address it is asked to.
var dialer = &net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
	if host, _, err := net.SplitHostPort(address); err == nil && project.Metadata(host) {
		return errors.New("a cloud answers a machine about itself there: not asked")
	}
	return nil
}}

func (p Probe) askHTTP(ctx context.Context) (said, problem string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return "not asked", err.Error()
	}
	req.Header.Set("User-Agent", "belay")
	res, err := client.Do(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return "no answer", "no answer within " + p.Limit.String()
		}
		return "no answer", plainly(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	said = fmt.Sprint(res.StatusCode)
	switch {
	case p.Status != 0 && res.StatusCode != p.Status:
		return said, fmt.Sprintf("%d, expected %d", res.StatusCode, p.Status)
	case p.Status == 0 && (res.StatusCode < 200 || res.StatusCode > 299):
		return said, fmt.Sprintf("%d, expected 200 to 299", res.StatusCode)
	case err != nil:
		return said, "the body broke off: " + plainly(err)
	case !strings.Contains(string(body), p.Contains):
		return said, fmt.Sprintf("the body does not contain %q", p.Contains)
	}
	return said, ""
}

// plainly is an error without the method and the address, which the name says.
func plainly(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
