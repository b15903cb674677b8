package approval

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PaperEndings are the endings of the files that are taken: documents, scans and
// tables that every office can open and that run nothing. OFD is the national
// format of fixed layout (GB/T 33190). Neither drawings that carry programs nor
// archives that hide others are among them.
var PaperEndings = []string{"pdf", "ofd", "docx", "xlsx", "jpg", "jpeg", "png", "txt"}

// paperKind is what an ending stands for, and how content proves it.
type paperKind struct {
	media  string
	proves func(r io.ReaderAt, size int64) (bool, error)
}

var paperKinds = map[string]paperKind{
	"pdf":  {"application/pdf", begins("%PDF-")},
	"ofd":  {"application/ofd", holds("OFD.xml")},
	"docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", holds("[Content_Types].xml", "word/document.xml")},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", holds("[Content_Types].xml", "xl/workbook.xml")},
	"jpg":  {"image/jpeg", begins("\xff\xd8\xff")},
	"jpeg": {"image/jpeg", begins("\xff\xd8\xff")},
	"png":  {"image/png", begins("\x89PNG\r\n\x1a\n")},
	"txt":  {"text/plain; charset=utf-8", isText},
}

// proveContent refuses content that is not what the name's ending says. What could
// not be read is another error.
func proveContent(name string, r io.ReaderAt, size int64) error {
	end := ending(PaperName(name))
	kind, ok := paperKinds[end]
	if ok {
		var err error
		if ok, err = kind.proves(r, size); err != nil {
			return err
		}
	}
	switch {
	case ok:
		return nil
	case end == "txt":
		return refuse(Invalid, "name", "文本文件须为 UTF-8 编码的纯文字，请另存为 UTF-8 后上传。", "A text file is plain text in UTF-8; save it as UTF-8 and try again.")
	}
	return refuse(Invalid, "name", "文件内容与扩展名“.%s”不符，或含有宏程序，请核对后重新上传。", "The content is not what the ending .%s says, or it holds macros; check the file and upload it again.", end)
}

func begins(magic string) func(io.ReaderAt, int64) (bool, error) {
	return func(r io.ReaderAt, size int64) (bool, error) {
		if size < int64(len(magic)) {
			return false, nil
		}
		head := make([]byte, len(magic))
		if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		return string(head) == magic, nil
	}
}

// holds looks for entries of a package in ZIP's format. One that brings a program
// along is not what it says.
func holds(entries ...string) func(io.ReaderAt, int64) (bool, error) {
	return func(r io.ReaderAt, size int64) (bool, error) {
		if ok, err := begins("PK\x03\x04")(r, size); !ok || err != nil {
			return false, err
		}
		z, err := zip.NewReader(r, size)
		if err != nil {
			return false, nil //nolint:nilerr // broken content is not the reader's fault
		}
		var names []string
		for _, f := range z.File {
			if strings.HasSuffix(strings.ToLower(f.Name), "vbaproject.bin") {
				return false, nil
			}
			names = append(names, f.Name)
		}
		return !slices.ContainsFunc(entries, func(e string) bool { return !slices.Contains(names, e) }), nil
	}
}

// isText reports whether all of it is text in UTF-8 without control characters.
func isText(r io.ReaderAt, size int64) (bool, error) {
	in := bufio.NewReader(io.NewSectionReader(r, 0, size))
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	}
	for {
		c, n, err := in.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		case c == utf8.RuneError && n == 1, unicode.IsControl(c) && !strings.ContainsRune("\t\n\f\r", c):
			return false, nil
		}
	}
}
