//! Pieces of HTML.

use std::fmt::{self, Write};

use crate::analysis::words;

/// Text from anywhere, made safe for HTML.
pub(super) struct Text<'a>(pub(super) &'a str);

/// Text from packets, on one line and not too long, made safe for HTML.
pub(super) fn text(text: &str) -> String {
    Text(&words::clean(text, LONGEST)).to_string()
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

pub(super) fn begin(out: &mut String, title: &str) {
    let title = text(title);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n\
         <title>{title} - netshoot</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
}

pub(super) fn end(out: &mut String) {
    out.push_str("</body>\n</html>\n");
}

pub(super) fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "<h2>{}</h2>", text(title));
}

/// A table; the cells are HTML. Columns whose names begin with `#` are of numbers.
pub(super) fn table(out: &mut String, columns: &[&str], rows: &[Vec<String>]) {
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    for column in columns {
        let (class, name) = kind(column);
        let _ = write!(out, "<th{class}>{name}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (cell, column) in row.iter().zip(columns) {
            let _ = write!(out, "<td{}>{cell}</td>", kind(column).0);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

fn kind(column: &str) -> (&'static str, &str) {
    column.strip_prefix('#').map_or(("", column), |name| (" class=\"number\"", name))
}

const LONGEST: usize = 400;

/// Colours are those of the plots too, by class.
const STYLE: &str = "
:root{color-scheme:light dark;--text:#1f2328;--back:#fff;--soft:#59636e;--line:#d1d9e0;--panel:#f6f8fa;
--one:#0969da;--two:#bc4c00;--bad:#cf222e;--good:#1a7f37;--warn:#9a6700}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--back:#0d1117;--soft:#9198a1;--line:#3d444d;--panel:#151b23;
--one:#4493f8;--two:#f0883e;--bad:#f85149;--good:#3fb950;--warn:#d29922}}
body{font:14px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:76rem;margin:0 auto;padding:1rem 1.5rem 3rem}
h1{font-size:1.5rem;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2rem 0 .5rem;padding-top:.5rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
h3{font-size:.95rem;margin:1rem 0 .25rem;color:var(--soft);font-weight:600}
p{margin:.3rem 0}
.soft,figcaption{color:var(--soft)}
code{font:12px/1.4 ui-monospace,monospace;background:var(--panel);border-radius:4px;padding:.1em .35em;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;margin:.25rem 0}
th,td{padding:.2rem .75rem .2rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
article{border:1px solid var(--line);border-left-width:4px;border-radius:6px;padding:.5rem .9rem;margin:.6rem 0;background:var(--panel)}
article.critical{border-left-color:var(--bad)}article.warning{border-left-color:var(--warn)}article.note{border-left-color:var(--one)}
article h3{color:var(--text);margin:0;font-size:1rem}
.badge{font-size:12px;font-weight:600;border:1px solid;border-radius:1em;padding:0 .6em;margin-right:.4em}
.badge.critical{color:var(--bad)}.badge.warning{color:var(--warn)}.badge.note{color:var(--one)}
.caution{color:var(--warn)}
figure{margin:.75rem 0}figcaption{font-size:12px}
figure>svg{width:100%;height:auto;display:block}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}
.axis{stroke:var(--soft);fill:none}.grid{stroke:var(--line);fill:none}
.one{stroke:var(--one);fill:none;stroke-width:1.4}.two{stroke:var(--two);fill:none;stroke-width:1.4}
.bad{stroke:var(--bad);fill:none;stroke-width:2}.faint{stroke:var(--soft);fill:none;stroke-dasharray:3 3}
.good{stroke:var(--good);fill:none;stroke-width:1.2}
.area{fill:var(--one);fill-opacity:.15;stroke:none}.fill-bad{fill:var(--bad);stroke:none}
.dot-one{fill:var(--one)}.dot-two{fill:var(--two)}
.key-one{color:var(--one)}.key-two{color:var(--two)}.key-bad{color:var(--bad)}.key-good{color:var(--good)}.key-faint{color:var(--soft)}
";

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn hostile_text_is_only_text() {
        assert_eq!(
            text("<script>alert('x')</script>&\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"
        );
        assert_eq!(text("a\u{202e}\0"), "a\\u{202e}\\u{0}");
    }
}
