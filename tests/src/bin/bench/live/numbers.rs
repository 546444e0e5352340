//! The numbers that are blocked: the same ones by every contender, each in its own language.

use std::collections::BTreeSet;

use ::tests::random::Random;

use super::frame::{BEFORE_DIALLED, DIALLED};

/// So many E.164 prefixes of 7 to 10 digits, none of which begins with another; one is that of the number dialled.
pub fn prefixes(count: usize) -> Vec<String> {
    let mut random = Random::new(5);
    let mut all = BTreeSet::from([BLOCKED.to_owned()]);
    while all.len() < count {
        let country = random.pick(&COUNTRIES);
        let len = random.between(7, 10) as usize;
        let mut prefix = (*country).to_owned();
        while prefix.len() < len {
            prefix.push(char::from(b'0' + random.below(10) as u8));
        }
        let begins_another = all.range(prefix.clone()..).next().is_some_and(|next| next.starts_with(&prefix));
        let is_begun = (7..=len).any(|len| all.contains(&prefix[..len]));
        if !begins_another && !is_begun {
            all.insert(prefix);
        }
    }
    // In the order that no look-up likes; what is dialled comes last where rules are tried one by one.
    let mut prefixes: Vec<_> = all.into_iter().filter(|prefix| prefix != BLOCKED).collect();
    for at in (1..prefixes.len()).rev() {
        prefixes.swap(at, random.below(at as u64 + 1) as usize);
    }
    prefixes.push(BLOCKED.to_owned());
    prefixes
}

/// Ringfence's policy that blocks them.
pub fn policy(prefixes: &[String]) -> String {
    let prefixes: Vec<_> = prefixes.iter().map(|prefix| format!("\"+{prefix}\"")).collect();
    format!(
        "[dialplan]\ncountry_code = \"33\"\ninternational_prefixes = [\"00\"]\nnational_prefix = \"0\"\n\
         access_prefixes = [\"9\"]\n\n\
         [[destination]]\nname = \"blocked\"\naction = \"block\"\nprefixes = [{}]\n",
        prefixes.join(", ")
    )
}

/// How the number of a prefix is dialled here: what the other contenders look for.
pub fn dialled(prefix: &str) -> String {
    format!("00{prefix}")
}

/// An nftables rule set of the earliest hook that it has: a rule for each prefix, in their order.
pub fn nft_rules(prefixes: &[String], interface: &str) -> String {
    let rules = prefixes.iter().map(|prefix| {
        let digits = dialled(prefix);
        let bits = digits.len() * 8;
        format!("udp dport 5060 @th,{},{bits} 0x{} counter drop", BEFORE_DIALLED * 8, hexadecimal(&digits))
    });
    nft_table("", rules.collect(), interface)
}

/// An nftables rule that looks the number up in a set of intervals, one for each prefix.
pub fn nft_set(prefixes: &[String], interface: &str) -> String {
    let field = format!("@th,{},{}", BEFORE_DIALLED * 8, DIALLED.len() * 8);
    let elements: Vec<_> = prefixes.iter().map(|prefix| interval(&dialled(prefix))).collect();
    let set = format!(
        "set numbers {{ typeof {field}; flags interval; elements = {{ {} }}; }}",
        elements.join(", ")
    );
    nft_table(&set, vec![format!("udp dport 5060 {field} @numbers counter drop")], interface)
}

/// An nftables rule that drops what goes to a port, for what else would reach no socket.
pub fn nft_port(port: u16, interface: &str) -> String {
    nft_table("", vec![format!("udp dport {port} counter drop")], interface)
}

/// An iptables table `raw` in the language of iptables-restore(8): a search for each number, in their order.
pub fn iptables(prefixes: &[String], last_octet: Option<u16>) -> String {
    let to = last_octet.map_or(String::new(), |last| format!(" --to {last}"));
    let rules: String = prefixes
        .iter()
        .map(|prefix| {
            let number = dialled(prefix);
            format!(
                "-A PREROUTING -p udp --dport 5060 -m string --algo bm{to} --string \"sip:{number}\" -j DROP\n"
            )
        })
        .collect();
    format!("*raw\n:PREROUTING ACCEPT [0:0]\n{rules}COMMIT\n")
}

fn nft_table(set: &str, rules: Vec<String>, interface: &str) -> String {
    let hook = format!("type filter hook ingress device \"{interface}\" priority 0; policy accept;");
    format!("table netdev bench {{\n{set}\nchain ingress {{\n{hook}\n{}\n}}\n}}\n", rules.join("\n"))
}

/// All octet strings that begin with these digits.
fn interval(digits: &str) -> String {
    let head = hexadecimal(digits);
    let rest = DIALLED.len() - digits.len();
    match rest {
        0 => format!("0x{head}"),
        _ => format!("0x{head}{}-0x{head}{}", "00".repeat(rest), "ff".repeat(rest)),
    }
}

fn hexadecimal(digits: &str) -> String {
    digits.bytes().map(|digit| format!("{digit:02x}")).collect()
}

/// The prefix of the number that is dialled.
const BLOCKED: &str = "5378301";
/// Codes of real countries, so that no prefix is one of nowhere.
const COUNTRIES: [&str; 10] = ["53", "44", "49", "39", "34", "7", "216", "1345", "227", "252"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_begins_another_and_the_dialled_one_is_last() {
        let many = prefixes(1_000);
        assert_eq!(many.len(), 1_000);
        assert_eq!(many.last().map(String::as_str), Some(BLOCKED));
        let mut sorted = many.clone();
        sorted.sort();
        assert!(sorted.windows(2).all(|two| !two[1].starts_with(&two[0])));
        assert!(DIALLED.starts_with(&dialled(BLOCKED)));
    }

    #[test]
    fn an_interval_holds_what_begins_with_its_digits() {
        assert_eq!(interval("0053783012"), "0x303035333738333031320000-0x30303533373833303132ffff");
        assert_eq!(interval(DIALLED), "0x303035333738333031323334");
    }
}
