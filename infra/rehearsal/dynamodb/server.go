package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Version is the server's version that the rehearsal is held to.
const Version = "3.2.0"

// Install is the command that builds the server into a folder: about ten minutes
// on two cores, once. It needs Rust's cargo.
func Install(folder string) []string {
	return []string{
		"cargo", "install", "dynoxide-rs", "--version", Version, "--locked", "--no-default-features",
		"--features", "native-sqlite,http-server,cli", "--root", folder,
	}
}

// Folder is where the server is looked for beside PATH: LIANBAN_CACHE, or a folder
// in the user's cache; infra/test.sh installs it there too.
func Folder() (string, error) {
	if root := os.Getenv("LIANBAN_CACHE"); root != "" {
		return root, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("a folder for the DynamoDB server: %w", err)
	}
	return filepath.Join(cache, "lianban"), nil
}

// Server is a running server, empty at first and gone with its process.
type Server struct {
	URL  string
	cmd  *exec.Cmd
	gone chan struct{}
}

// MissingError says that the server is not installed, and how it is.
type MissingError struct{ Command []string }

func (e *MissingError) Error() string {
	text := "the DynamoDB server dynoxide is not installed. Install it once with\n\n  "
	for k, word := range e.Command {
		if k > 0 {
			text += " "
		}
		text += word
	}
	return text + "\n\nor name another server on this machine with --dynamodb http://127.0.0.1:8000"
}

// Start starts dynoxide on a free port of the loopback address, in memory.
func Start(ctx context.Context, output io.Writer) (*Server, error) {
	folder, err := Folder()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "bin", "dynoxide")
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("dynoxide"); err != nil {
			return nil, &MissingError{Install(folder)}
		}
	}
	for tries := 0; ; tries++ {
		s, err := start(ctx, path, output)
		if err == nil || tries == 4 || ctx.Err() != nil {
			return s, err
		}
	}
}

func start(ctx context.Context, path string, output io.Writer) (*Server, error) {
	// The server takes no port 0; a free one is found, and lost at times.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a port for the DynamoDB server: %w", err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		return nil, err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	s := &Server{URL: "http://" + address, gone: make(chan struct{})}
	s.cmd = exec.Command(path, "serve", "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--log", "quiet")
	s.cmd.Stdout, s.cmd.Stderr = output, output
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the DynamoDB server: %w", err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.gone)
	}()
	client := Client{URL: s.URL}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		if err := client.Call(ctx, "DynamoDB_20120810.ListTables", struct{}{}, nil); err == nil {
			return s, nil
		}
		select {
		case <-tick.C:
		case <-s.gone:
			return nil, errors.New("the DynamoDB server ended as soon as it had started")
		case <-late.C:
			return nil, errors.Join(errors.New("the DynamoDB server does not answer"), s.Close())
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), s.Close())
		}
	}
}

// Close ends the server.
func (s *Server) Close() error {
	_ = s.cmd.Process.Kill()
	<-s.gone
	return nil
}
