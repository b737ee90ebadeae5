package project

import "path/filepath"

// maxSigners is how long a list of keys may be, in bytes.
const maxSigners = 256 << 10

// AllowedSigners reads the file that [approve] allowed_signers names: the SSH keys that
// may sign an approval, as ssh-keygen reads them.
func (p *Project) AllowedSigners() ([]byte, error) {
	path := p.Config.Approve.AllowedSigners
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.Dir, path)
	}
	return readOrdinary(path, maxSigners)
}
