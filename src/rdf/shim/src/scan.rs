//! A first look at a text, token by token, before a parser sees it: how deep it nests, what it names and where.
//!
//! The grammar of SPARQL is parsed by recursion, and tries some things again from the start ('!', and functions with an
//! optional argument), which doubles the work with each level: 30 of them would take hours. So nesting is bounded, and
//! so is the sum of what each token costs.

use crate::mistake::Mistake;

/// Brackets within brackets of a query, and of nothing else, since all other parsers keep their own stack.
const MOST_NESTED: usize = 100;
/// Tokens of a query, each counted as often as the parser will come to it.
const MOST_COST: u64 = 2_000_000;

const TRIED_AGAIN: [&str; 4] = ["SUBSTR", "REGEX", "REPLACE", "GROUP_CONCAT"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, a function's name or a number.
    Word,
    /// Its text is the prefix, colon and local name together.
    PrefixedName,
    Other,
}

#[derive(Clone, Copy)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub offset: usize,
}

fn of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'_' | b'-' | b'.')
}

/// Past the text that starts with a quote at `at`: SPARQL 1.1, [156] to [159].
fn past_string(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let long = bytes[at..].starts_with(&[quote; 3]);
    let mut at = at + if long { 3 } else { 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b if b == quote && !long => return at + 1,
            b if b == quote && bytes[at..].starts_with(&[quote; 3]) => return at + 3,
            b'\n' if !long => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Past the IRI that starts with '<' at `at`, [139]; None where that is the sign for less.
fn past_iri(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes[at + 1..].iter().position(|&byte| {
        byte <= b' ' || matches!(byte, b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`' | b'\\')
    })?;
    (bytes[at + 1 + length] == b'>').then_some(at + length + 2)
}

/// Past the letters, digits and so on from `at`, without dots at the end, which end a triple.
fn past_name(bytes: &[u8], at: usize, also: &[u8]) -> usize {
    let mut end = at;
    while end < bytes.len() && (of_name(bytes[end]) || also.contains(&bytes[end])) {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    end = end.min(bytes.len());
    while end > at && bytes[end - 1] == b'.' {
        end -= 1;
    }
    end
}

pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let offset = at;
        let mut kind = Kind::Other;
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len() - at);
                continue;
            }
            b'"' | b'\'' => at = past_string(bytes, at),
            b'<' => at = past_iri(bytes, at).unwrap_or(at + 1),
            b'?' | b'$' | b'@' => at = past_name(bytes, at + 1, b""),
            first if (of_name(first) && first != b'-' && first != b'.') || first == b':' => {
                at = past_name(bytes, at, b"");
                if bytes.get(at) == Some(&b':') {
                    kind = Kind::PrefixedName;
                    at = past_name(bytes, at + 1, b":%\\");
                } else {
                    kind = Kind::Word;
                }
            }
            _ => at += 1,
        }
        // Signs of two characters; a character of several bytes is one sign.
        if at == offset + 1
            && matches!(
                &bytes[offset..],
                [b'|', b'|', ..] | [b'&', b'&', ..] | [b'^', b'^', ..] | [b'!' | b'<' | b'>', b'=', ..]
            )
        {
            at += 1;
        }
        while !text.is_char_boundary(at) {
            at += 1;
        }
        tokens.push(Token { kind, text: &text[offset..at], offset });
    }
    tokens
}

/// The tokens of a query whose parsing will come to an end.
pub fn scan(text: &str) -> Result<Vec<Token<'_>>, Mistake> {
    let tokens = tokens(text);
    // For each open bracket, how many times what is in it is tried, as a power of two.
    let mut open: Vec<u32> = Vec::new();
    let (mut doubled, mut bang) = (false, false);
    let mut cost = 0_u64;
    for token in &tokens {
        match token.text {
            "(" | "[" | "{" => {
                if open.len() == MOST_NESTED {
                    return Err(Mistake::new("the query is nested too deeply")
                        .at(token.offset)
                        .expecting(format!("at most {MOST_NESTED} brackets within each other")));
                }
                let outer = open.last().copied().unwrap_or(0);
                open.push((outer + u32::from(doubled) + u32::from(bang)).min(40));
                (doubled, bang) = (false, false);
            }
            ")" | "]" | "}" => {
                open.pop();
                (doubled, bang) = (false, false);
            }
            "!" => bang = true,
            name if token.kind == Kind::Word => {
                doubled = TRIED_AGAIN.iter().any(|again| name.eq_ignore_ascii_case(again));
            }
            _ => {
                doubled = false;
                bang = bang && (token.kind == Kind::PrefixedName || token.text.starts_with('<'));
            }
        }
        cost += 1 << open.last().copied().unwrap_or(0);
        if cost > MOST_COST {
            return Err(Mistake::new("the query takes too long to parse: too much within each other")
                .at(token.offset)
                .expecting("fewer of !, SUBSTR, REGEX, REPLACE and GROUP_CONCAT within each other"));
        }
    }
    Ok(tokens)
}

/// Where a keyword first stands.
pub fn keyword<'a>(tokens: &[Token<'a>], keyword: &str) -> Option<Token<'a>> {
    tokens.iter().find(|token| token.kind == Kind::Word && token.text.eq_ignore_ascii_case(keyword)).copied()
}

/// Where a JSON text opens one bracket more than `most` within each other.
pub fn too_deep(json: &[u8], most: u64) -> Option<usize> {
    let mut depth = 0_u64;
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'"' => {
                at += 1;
                while at < json.len() && json[at] != b'"' {
                    at += if json[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > most {
                    return Some(at);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}
