//! Amounts, times and foreign text as a cell of a terminal shows them.

use ratatui::{style::Style, text::Span};

/// A count in at most six columns: whole below a million, then three figures and k, M, G, T, P or E.
#[must_use]
pub fn count(amount: u64) -> String {
    if amount < 1_000_000 {
        return amount.to_string();
    }
    let mut shown = amount as f64;
    let mut unit = 0;
    // 999.5 would be rounded to four figures.
    while shown >= 999.5 && unit + 1 < UNITS.len() {
        shown /= 1000.0;
        unit += 1;
    }
    let decimals = if shown < 9.995 { 2 } else { usize::from(shown < 99.95) };
    format!("{shown:.decimals$}{}", UNITS[unit])
}

/// Seconds as minutes: `12.5`.
#[must_use]
pub fn minutes(seconds: f64) -> String {
    let minutes = seconds.max(0.0) / 60.0;
    if minutes < 99_999.0 { format!("{minutes:.1}") } else { count(minutes as u64) }
}

/// A length of time: `59s`, `14m05s`, `3h02m`, `12d04h`.
#[must_use]
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        86_400..86_400_000 => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
        _ => format!("{}d", count(seconds / 86_400)),
    }
}

/// The share of `part` in `whole`; a dash where there is nothing to share.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    match u128::from(part) * 100 {
        _ if whole == 0 => "-".into(),
        hundredfold => format!("{}%", (hundredfold + u128::from(whole) / 2) / u128::from(whole)),
    }
}

/// An RFC 3339 time as its clock, with the day before it where that is not `today`'s.
#[must_use]
pub fn clock(time: &str, today: &str) -> String {
    let (Some(day), Some(clock)) = (time.get(..10), time.get(11..19)) else { return printable(time) };
    if today.get(..10) == Some(day) { clock.into() } else { printable(&format!("{} {clock}", &day[5..])) }
}

/// Text of strangers (a From header, say) without what moves the cursor or turns the direction of writing.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|letter| if is_harmless(letter) { letter } else { '?' }).collect()
}

/// Columns that `text` takes in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// `text` in at most `columns`; what is cut away at its end is replaced by `~`.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = start(text, columns.saturating_sub(1));
    if columns > 0 {
        kept.push('~');
    }
    kept
}

/// `text` in at most `columns`, with its beginning and its end.
#[must_use]
pub fn cut_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns || columns < 3 {
        return cut(text, columns);
    }
    let backwards: String = text.chars().rev().collect();
    let end: String = start(&backwards, columns / 2).chars().rev().collect();
    format!("{}~{end}", start(text, columns - 1 - columns / 2))
}

/// `text` in lines of at most `columns`, broken at blanks where there are some. At least one line.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if used > 0 && used + 1 + width(word) > columns {
            lines.push(String::new());
            used = 0;
        } else if used > 0 {
            lines.last_mut().expect(ONE).push(' ');
            used += 1;
        }
        for grapheme in Span::raw(word).styled_graphemes(Style::new()) {
            if used > 0 && used + width(grapheme.symbol) > columns {
                lines.push(String::new());
                used = 0;
            }
            lines.last_mut().expect(ONE).push_str(grapheme.symbol);
            used += width(grapheme.symbol);
        }
    }
    lines
}

/// As many whole characters as `columns` hold.
fn start(text: &str, columns: usize) -> String {
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in Span::raw(text).styled_graphemes(Style::new()) {
        used += width(grapheme.symbol);
        if used > columns {
            break;
        }
        kept.push_str(grapheme.symbol);
    }
    kept
}

/// Control characters, and those that override the direction of writing (Unicode Standard Annex 9, section 2).
fn is_harmless(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const ONE: &str = "it begins with one line";
const UNITS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_take_six_columns_at_most() {
        for (amount, text) in [
            (0, "0"),
            (999_999, "999999"),
            (1_000_000, "1.00M"),
            (9_994_999, "9.99M"),
            (9_996_000, "10.0M"),
            (99_960_000, "100M"),
            (999_600_000, "1.00G"),
            (4_294_967_295, "4.29G"),
            (u64::MAX, "18.4E"),
        ] {
            assert_eq!(count(amount), text);
            assert!(count(amount).len() <= 6);
        }
    }

    #[test]
    fn lengths_of_time_keep_two_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m00s"),
            (3599, "59m59s"),
            (3600, "1h00m"),
            (86_399, "23h59m"),
            (86_400, "1d00h"),
            (u64::MAX, "214T d"),
        ] {
            assert_eq!(span(seconds), text.replace(' ', ""));
        }
        for (seconds, text) in
            [(0.0, "0.0"), (-1.0, "0.0"), (750.0, "12.5"), (f64::NAN, "0.0"), (1e300, "18.4E")]
        {
            assert_eq!(minutes(seconds), text);
        }
    }

    #[test]
    fn shares_are_rounded_and_never_divide_by_zero() {
        for (part, whole, text) in
            [(0, 0, "-"), (1, 0, "-"), (0, 3, "0%"), (2, 3, "67%"), (u64::MAX, u64::MAX, "100%")]
        {
            assert_eq!(percent(part, whole), text);
        }
    }

    #[test]
    fn times_of_other_days_name_the_day() {
        let today = "2026-11-22T14:03:05.000Z";
        for (time, text) in [
            (today, "14:03:05"),
            ("2026-11-21T23:59:59.999Z", "11-21 23:59:59"),
            ("soon", "soon"),
            ("", ""),
            ("ééééééééééééééé", "ééééééééééééééé"),
        ] {
            assert_eq!(clock(time, today), text);
        }
    }

    #[test]
    fn text_of_strangers_neither_moves_the_cursor_nor_turns_the_line() {
        assert_eq!(printable("a\u{1b}[2Jb\r\nc\u{202e}d\u{9b}e"), "a?[2Jb??c?d?e");
        assert_eq!(printable("Zoë 電話"), "Zoë 電話");
    }

    #[test]
    fn text_is_cut_between_characters_by_the_columns_they_take() {
        for (text, columns, kept) in [
            ("cuba", 4, "cuba"),
            ("cuba-office", 6, "cuba-~"),
            ("電話番号", 8, "電話番号"),
            ("電話番号", 6, "電話~"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}~"),
            ("cuba", 1, "~"),
            ("cuba", 0, ""),
        ] {
            assert_eq!(cut(text, columns), kept);
            assert!(width(&cut(text, columns)) <= columns);
        }
    }

    #[test]
    fn addresses_keep_both_ends() {
        for (text, columns, kept) in [
            ("192.0.2.1", 15, "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:beef", 15, "2001:db~:5:beef"),
            ("2001:db8::1", 2, "2~"),
            ("電話番号", 6, "電~号"),
        ] {
            assert_eq!(cut_middle(text, columns), kept);
        }
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrap("12 blocked calls to cuba", 12), ["12 blocked", "calls to", "cuba"]);
        assert_eq!(wrap("a abcdefgh", 4), ["a", "abcd", "efgh"]);
        assert_eq!(wrap("電話番号", 5), ["電話", "番号"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("電話", 0), ["電", "話"]);
        for line in wrap("電話 x 番号yz1234567890", 3) {
            assert!(width(&line) <= 3, "{line}");
        }
    }
}
