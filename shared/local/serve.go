package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"lianban/shared/access"
	"lianban/shared/briefing"
	"lianban/shared/config"
	"lianban/shared/digest"
	"lianban/shared/httpapi"
	"lianban/shared/limit"
	"lianban/shared/oversight"
	"lianban/shared/policy"
	"lianban/shared/roster"
	"lianban/shared/session"
	"lianban/shared/trace"
	"lianban/shared/webui"
)

// Server is the command that serves the pages and the API.
type Server struct {
	Data   string `help:"Data file; created when there is none." default:"lianban.db" placeholder:"FILE"`
	Listen string `help:"Address to listen on; it must be loopback while demo people sign in without a password, that is, without --oidc-issuer." default:"127.0.0.1:8420" placeholder:"HOST:PORT"`
	Empty  bool   `help:"Start a new data file without the three cases."`

	Digest   string `help:"Digest by which audit trails go on: sha256, or sm3 (GB/T 32905-2016); what is there stays as it is." enum:"sha256,sm3" default:"sha256"`
	Policies string `help:"Folder of Cedar files (*.cedar) by which your office forbids what the product permits; they permit nothing." placeholder:"DIR" type:"existingdir"`

	Public string `help:"Address at which people reach the pages, such as https://lianban.example.gov.cn, for the QR codes of what is printed; the address of each request when not given." placeholder:"URL"`

	OIDC OIDCFlags `embed:"" prefix:"oidc-"`

	Proxies    []string `help:"Proxies before this process, as addresses or networks (such as 127.0.0.1/32), whose X-Forwarded-For is taken." placeholder:"CIDR,..."`
	PerPerson  float64  `help:"Requests a second of one person in the long run (assumed); any more are told to wait (429); 0 sets no limit." default:"10" placeholder:"N"`
	PerAddress float64  `help:"Requests a second of one address in the long run (assumed); this machine's own are not counted; 0 sets no limit." default:"100" placeholder:"N"`

	AtOnce  int    `help:"How many requests may be under way at once (assumed); any more are told to come again (503)." default:"512" placeholder:"N"`
	Metrics string `help:"Loopback address at which /metrics answers in Prometheus' text format; nowhere when not given." placeholder:"HOST:PORT"`
}

// Run serves until the context ends.
func (c *Server) Run(ctx context.Context, s *Streams) (err error) {
	flow, err := c.OIDC.flow(c.Public)
	if err != nil {
		return err
	}
	if flow == nil && !access.Loopback(c.Listen) {
		return fmt.Errorf("--listen %s: the demo people sign in without a password, so only a loopback address such as 127.0.0.1:8420 is served; with --oidc-issuer people sign in at your own issuer", c.Listen)
	}
	if c.Public != "" && !config.Address(c.Public) {
		return fmt.Errorf("--public %s: this is no address of pages; write it whole, such as https://lianban.example.gov.cn", c.Public)
	}
	by, err := digest.Parse(c.Digest)
	if err != nil {
		return fmt.Errorf("--digest: %w", err)
	}
	proxies, err := networks(c.Proxies)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("--listen %s: the port is taken by another program; stop that one, or choose another port (port 0 takes any free one)", c.Listen)
		}
		return fmt.Errorf("--listen %s: %w", c.Listen, err)
	}
	defer listener.Close()
	log := slog.New(trace.Logged(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	house := Config{Data: c.Data, Digest: by, Public: strings.TrimSuffix(c.Public, "/"), Door: flow, Log: log}
	if c.Policies != "" {
		house.Policies = append(house.Policies, os.DirFS(c.Policies))
		if _, err := policy.New(house.Policies...); err != nil {
			return fmt.Errorf("--policies %s: %w", c.Policies, err)
		}
	}
	if !c.Empty {
		if err := Seed(ctx, house); err != nil {
			return err
		}
	}
	app, err := Open(ctx, house)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, within(closeFor, "what went on behind pages", app.Close)) }()
	handler, err := app.Handler()
	if err != nil {
		return err
	}
	watch := app.Pulse(c.AtOnce)
	unmeasured, err := c.serveMetrics(watch, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unmeasured()) }()

	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	work := make(chan error, 1)
	go func() { work <- app.Run(running) }()
	person, address := limit.Person, limit.Address
	person.PerSecond, address.PerSecond = c.PerPerson, c.PerAddress
	limits := app.Limits(person, address, proxies, app.verifier())
	server := usual.server(watch.Around(limits.Around(handler)), log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if flow == nil {
		c.welcome(s, listener.Addr().String(), app.Service.Rules().Roster)
	} else {
		fmt.Fprintf(s.Out, "联办 Lianban  http://%s/ (%s)\n数据文件 data file: %s\n登录 sign-in: %s\n回调地址 callback: %s\n退出通知 back-channel logout: %s\n", listener.Addr(), c.Public, c.Data, c.OIDC.Issuer, flow.Back, strings.TrimSuffix(c.Public, "/")+webui.BackChannel)
	}

	select {
	case err = <-served:
	case err = <-work:
		work <- nil
	case <-ctx.Done():
	}
	fmt.Fprintln(s.Err, "正在停止…… Stopping; what was acknowledged is kept.")
	watch.Stop()
	down := drain(context.WithoutCancel(ctx), server, drainFor)
	cancel()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, down, <-work)
}

func (a *App) sessions() *session.Desk {
	desk := session.New(a.store, a.Service.Now, rand.Reader)
	desk.Guards = func(role roster.Role) bool { return a.Service.Rules().Roster.Guards(role) }
	return desk
}

// verifier is who says whose a sign-in is: the issuer's sessions and tokens, or the demo people's.
func (a *App) verifier() access.Verifier {
	if a.flow == nil {
		return a.SignIn
	}
	return session.Either{Sessions: a.sessions(), Tokens: a.flow}
}

func sessionsOf(door *webui.Door) *session.Desk {
	if door == nil {
		return nil
	}
	return door.Sessions
}

// networks reads networks, and single addresses as networks of one.
func networks(texts []string) (all []netip.Prefix, err error) {
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			at, single := netip.ParseAddr(text)
			if single != nil {
				return nil, fmt.Errorf("--proxies %s: this is no address or network; write one such as 10.0.0.7 or 10.0.0.0/24", text)
			}
			p = netip.PrefixFrom(at, at.BitLen())
		}
		all = append(all, p)
	}
	return all, nil
}

// Handler is everything that is served: the API and the pages.
func (a *App) Handler() (http.Handler, error) {
	verifier, demo, door := a.verifier(), a.SignIn, (*webui.Door)(nil)
	if a.flow != nil {
		a.flow.Key = a.cursorKey
		door, demo = &webui.Door{Flow: a.flow, Sessions: a.sessions()}, nil
	}
	disposals := oversight.NewDisposals(a.store, a.Service.Now)
	briefings := briefing.New(a.Service, a.store, a.Figures, a.Ledger)
	api, err := httpapi.New(httpapi.Config{Service: a.Service, Intake: a.Intake, Register: a.Register, Verifier: verifier, Policies: a.policies, SignIn: demo, Sessions: sessionsOf(door), CursorKey: a.cursorKey, Shelf: a.papers, Disposals: disposals, Ledger: a.Ledger, Figures: a.Figures, Archive: a.Archive, Chains: a.store, Briefings: briefings, Log: a.log})
	if err != nil {
		return nil, err
	}
	pages, err := webui.New(webui.Config{Service: a.Service, Intake: a.Intake, Register: a.Register, Disposals: disposals, Ledger: a.Ledger, Background: a.behind.Go, Figures: a.Figures, Archive: a.Archive, Chains: a.store, Briefings: briefings, Filters: webui.NewFilters(a.store, a.Service.Now), Shelf: a.papers, Verifier: verifier, Policies: a.policies, SignIn: demo, Door: door, Secure: strings.HasPrefix(a.public, "https:"), Public: a.public, Key: a.cursorKey, Log: a.log})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/api/", "/healthz"} {
		mux.Handle(path, api)
	}
	mux.Handle("/", pages)
	return mux, nil
}

// welcome says where to go and whom to be.
func (c *Server) welcome(s *Streams, address string, r *roster.Roster) {
	fmt.Fprintf(s.Out, "联办 Lianban  http://%s/\n数据文件 data file: %s\n\n", address, c.Data)
	fmt.Fprintln(s.Out, "以演示人员登录（无需口令，人员均为虚构） Sign in as a demo person (no password; all are invented):")
	shown := map[roster.Role]int{}
	for _, person := range r.Everybody() {
		for _, post := range person.Posts {
			if shown[post.Role]++; shown[post.Role] > 1 {
				continue
			}
			unit := r.UnitName(post.Unit)
			fmt.Fprintf(s.Out, "  %s %s %s（%s, %s, %s）\n", pad(person.NameZH, 8), pad(post.Role.Name().ZH, 12), unit.ZH, person.NameEN, post.Role.Name().EN, unit.EN)
		}
	}
	fmt.Fprintf(s.Out, "\n接口文档 API: http://%s/api/v1/openapi.json   停止 stop: Ctrl-C\n", address)
}
