package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"lianban/shared/personal"
	"lianban/shared/roster"
	"lianban/shared/store/sqlite"
)

// Personal are the commands about the data of one person (个人信息保护法 art. 45, 47).
type Personal struct {
	List         PersonalList         `cmd:"" help:"Say what is kept of somebody, and with --out write it out as a copy for them."`
	Pseudonymise PersonalPseudonymise `cmd:"" help:"Put a pseudonym in place of the name of somebody who has left, or blot out the words of somebody without an account, wherever they stand. Audit trails stay whole, and say so."`
}

// whom says whose data a command is about.
type whom struct {
	Data   string          `help:"Data file; not in use." default:"lianban.db" placeholder:"FILE"`
	Person roster.PersonID `help:"Somebody of the register, by id." placeholder:"ID"`
	Word   []string        `help:"What somebody without an account is known by: a name, a telephone number. May be given several times." placeholder:"TEXT" sep:"none"`
}

// PersonalList lists what is kept of somebody.
type PersonalList struct {
	whom
	Out string `help:"File for a copy of everything found, as JSON; it must not exist." placeholder:"FILE"`
}

// PersonalPseudonymise replaces what names somebody.
type PersonalPseudonymise struct {
	whom
	By     roster.PersonID `help:"The administrator who has it done, by id; they are on record with it." required:"" placeholder:"ID"`
	Reason string          `help:"Why, such as the request that was granted; on record." required:"" placeholder:"TEXT"`
}

// subject says whose data it is, and what of it cannot be told apart.
func (w *whom) subject(r *roster.Roster, out io.Writer) (personal.Subject, roster.Person, error) {
	s, shared, err := personal.Ask(r, w.Person, w.Word)
	if err != nil {
		return s, roster.Person{}, fmt.Errorf("--%w", err)
	}
	for _, name := range shared {
		fmt.Fprintf(out, "“%s”另有同名人员，文字中的同名无法区分，仅处理登记信息。Others are called %q too: in texts they cannot be told apart and are left.\n", name, name)
	}
	p, _ := r.Person(w.Person)
	return s, p, nil
}

// Run lists, and writes a copy.
func (c *PersonalList) Run(ctx context.Context, s *Streams) (err error) {
	app, err := openThere(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	subject, person, err := c.subject(app.Service.Rules().Roster, s.Out)
	if err != nil {
		return err
	}
	var found []personal.Found
	seen, done := counting(s.Err, "records and events")
	sum, err := subject.Summarise(app.file.Items(ctx), func(f personal.Found) {
		seen()
		found = append(found, f)
	})
	done()
	if err != nil {
		return err
	}
	if person.ID != "" {
		fmt.Fprintf(s.Out, "%s（%s）%s\n", person.NameZH, person.NameEN, person.ID)
		for _, post := range person.Posts {
			fmt.Fprintf(s.Out, "  %s %s\n", post.Role.Name().ZH, post.Unit)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(sum.Acted)) {
		fmt.Fprintf(s.Out, "  本人办理 acted  %-24s %d\n", kind, sum.Acted[kind])
	}
	for _, at := range slices.Sorted(maps.Keys(sum.Named)) {
		fmt.Fprintf(s.Out, "  提及 named  %-40s %d\n", at, sum.Named[at])
	}
	fmt.Fprintf(s.Out, "共 %d 处；附件内容和此前的备份不在其中。%d places in all; attachments and earlier backups are not looked into.\n", len(found), len(found))
	if c.Out == "" {
		return nil
	}
	return writeNew(c.Out, struct {
		Person *roster.Person   `json:"person,omitempty"`
		Found  []personal.Found `json:"found"`
	}{pointer(person), found})
}

func pointer(p roster.Person) *roster.Person {
	if p.ID == "" {
		return nil
	}
	return &p
}

// writeNew writes JSON into a file that must not exist, for its owner alone.
func writeNew(name string, v any) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	enc := json.NewEncoder(f)
	enc.SetIndent("", "  ")
	return errors.Join(enc.Encode(v), f.Sync())
}

// Run replaces, and writes the file anew so that nothing is left in it of what was there.
func (c *PersonalPseudonymise) Run(ctx context.Context, s *Streams) error {
	done, err := c.replace(ctx, s)
	if err != nil {
		return err
	}
	if err := sqlite.Compact(ctx, c.Data); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "已替换 %d 处，涉及记录和事件 %d 条（其中事件 %d 个），在 %d 条审计链上留痕；附件内容和此前的备份未处理。%d words replaced in %d records and events (%d events), on record in %d trails; attachments and earlier backups are as they were.\n",
		done.Words, done.Items, done.Events, done.Trails, done.Words, done.Items, done.Events, done.Trails)
	return nil
}

func (c *PersonalPseudonymise) replace(ctx context.Context, s *Streams) (done personal.Done, err error) {
	app, err := openThere(ctx, c.Data)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	r := app.Service.Rules().Roster
	subject, person, err := c.subject(r, s.Out)
	if err != nil {
		return done, err
	}
	by, err := personal.Away{By: c.By, Reason: c.Reason}.Permit(r, person.ID)
	if err != nil {
		return done, fmt.Errorf("--%w", err)
	}
	act := personal.Act{By: by, At: app.Service.Now(), Reason: c.Reason, Digest: app.store.Digest()}
	if done, err = subject.Replace(ctx, app.file.Table(), app.file.Items(ctx), act); err != nil {
		return done, err
	}
	facts, ok, err := app.file.Kept(ctx, factsSetting)
	if err != nil || !ok {
		if person.ID != "" && err == nil {
			fmt.Fprintln(s.Out, "本数据文件使用程序自带的演示名册，其中的姓名不在数据文件中。This data file rests on the demonstration's roster, whose names are part of the program.")
		}
		return done, err
	}
	text, n := subject.Text(facts)
	if n == 0 {
		return done, nil
	}
	done.Words += n
	return done, app.file.Keep(ctx, factsSetting, text)
}
