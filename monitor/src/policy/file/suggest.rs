//! Finds what the owner probably meant.

/// The word nearest to `written`: one that it begins or that begins it, else the one with the fewest
/// changes, if they are few.
pub(crate) fn nearest<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    if written.len() > LONGEST {
        return None;
    }
    let written = written.to_lowercase().replace('_', "-");
    words
        .filter_map(|word| {
            let plain = word.to_lowercase().replace('_', "-");
            let begins = written.len() > 2 && (plain.starts_with(&written) || written.starts_with(&plain));
            let changes = if begins { 1 } else { changes(&written, &plain) };
            (changes <= 1 + written.len().max(plain.len()) / 4).then_some((changes, word))
        })
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, word)| word)
}

/// Letters to put in, take out or change (Levenshtein).
fn changes(from: &str, to: &str) -> usize {
    let to: Vec<_> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// Octets beyond which nobody meant one of our words.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_near_word_only() {
        let keys = ["country_code", "access_prefixes", "access_required", "bare_e164"];
        assert_eq!(nearest("contry_code", keys.into_iter()), Some("country_code"));
        assert_eq!(nearest("access-prefix", keys.into_iter()), Some("access_prefixes"));
        assert_eq!(nearest("premium", ["premium-rate", "pager"].into_iter()), Some("premium-rate"));
        assert_eq!(nearest("colour", keys.into_iter()), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), keys.into_iter()), None);
    }
}
