//! Where a query stops to be one, and what could have stood there.
//!
//! The parser knows the furthest byte that it looked at, but it looks at as many bytes as a keyword has before it finds
//! that it is not that keyword: "SELEC ?x WHERE" fails at the W, for want of "CONSTRUCT". So the query is parsed once
//! more with wide gaps between its tokens, wider than any keyword, and the token is the last one before that byte. What
//! could have stood there is found by putting it there.

use crate::budget::tick;
use crate::mistake::{Mistake, Named};
use crate::scan::{Kind, Token};
use spargebra::SparqlParser;

const GAP: usize = 32;
/// Longer queries are not tried again for what they lack.
const MOST_TRIED: usize = 16 << 10;

/// Each stands for what it is an example of.
const TRIED: [(&str, &str); 40] = [
    ("?v", "a variable"),
    ("<i:i>", "an IRI"),
    ("\"\"", "a text"),
    ("0", "a number"),
    ("{", "'{'"),
    ("}", "'}'"),
    ("(", "'('"),
    (")", "')'"),
    ("[", "'['"),
    ("]", "']'"),
    (".", "'.'"),
    (";", "';'"),
    (",", "','"),
    ("*", "'*'"),
    ("=", "'='"),
    ("^^", "'^^'"),
    ("AS", "AS"),
    ("BY", "BY"),
    ("IN", "IN"),
    ("EXISTS", "a function"),
    ("PREFIX", "PREFIX"),
    ("SELECT", "SELECT"),
    ("ASK", "ASK"),
    ("CONSTRUCT", "CONSTRUCT"),
    ("DESCRIBE", "DESCRIBE"),
    ("DISTINCT", "DISTINCT"),
    ("FROM", "FROM"),
    ("WHERE", "WHERE"),
    ("FILTER", "FILTER"),
    ("OPTIONAL", "OPTIONAL"),
    ("UNION", "UNION"),
    ("MINUS", "MINUS"),
    ("BIND", "BIND"),
    ("VALUES", "VALUES"),
    ("GRAPH", "GRAPH"),
    ("GROUP", "GROUP BY"),
    ("HAVING", "HAVING"),
    ("ORDER", "ORDER BY"),
    ("LIMIT", "LIMIT"),
    ("UNDEF", "UNDEF"),
];

const UPDATES: [&str; 11] =
    ["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH", "USING"];

/// Of a query that `parser` refuses. `prefixes` are those that it knows beforehand.
pub fn misread(text: &str, tokens: &[Token<'_>], parser: &SparqlParser, prefixes: &[(&str, &str)]) -> Mistake {
    let known = update(tokens).or_else(|| open_text(tokens)).or_else(|| undeclared(tokens, prefixes));
    if let Some(mistake) = known {
        return mistake;
    }
    let Some((token, said)) = refused(tokens, parser) else {
        return Mistake::new("the query is wrong");
    };
    let found = tokens.get(token);
    let offset = found.map_or(text.len(), |found| found.offset);
    if let Some(said) = said {
        let mistake = Mistake::new(match said.as_str() {
            "IRI parsing failed" => "no IRI, or a part of one without BASE",
            said => said,
        });
        return mistake.at(offset);
    }
    let mistake = match found {
        None => Mistake::new("the query ends too early").at(offset),
        Some(found) => {
            let mut shown: String = found.text.chars().take(40).collect();
            if shown.len() < found.text.len() {
                shown.push_str("...");
            }
            Mistake::new(format!("unexpected '{shown}'")).at(offset).over(found.text.len())
        }
    };
    mistake.expecting(expected(text, tokens, token, parser))
}

fn update(tokens: &[Token<'_>]) -> Option<Mistake> {
    let word = tokens.iter().find(|token| {
        token.kind == Kind::Word && !["PREFIX", "BASE"].iter().any(|word| token.text.eq_ignore_ascii_case(word))
    })?;
    UPDATES.iter().any(|update| word.text.eq_ignore_ascii_case(update)).then(|| {
        Mistake::new(format!("{} is an update, and a query changes nothing", word.text))
            .at(word.offset)
            .over(word.text.len())
            .expecting("SELECT, ASK, CONSTRUCT or DESCRIBE")
    })
}

fn open_text(tokens: &[Token<'_>]) -> Option<Mistake> {
    let open = tokens.iter().find(|token| {
        let quotes = ["\"\"\"", "'''", "\"", "'"];
        let quote = quotes.iter().find(|quote| token.text.starts_with(**quote));
        quote.is_some_and(|quote| token.text.len() < 2 * quote.len() || !token.text.ends_with(quote))
    })?;
    Some(Mistake::new("a text whose closing quote is missing").at(open.offset).over(open.text.len()))
}

fn undeclared(tokens: &[Token<'_>], prefixes: &[(&str, &str)]) -> Option<Mistake> {
    let mut declared: Vec<&str> = prefixes.iter().map(|(name, _)| *name).collect();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != Kind::PrefixedName {
            continue;
        }
        let name = token.text.split(':').next().unwrap_or_default();
        if index > 0 && tokens[index - 1].text.eq_ignore_ascii_case("PREFIX") {
            declared.push(name);
        } else if name != "_" && !declared.contains(&name) {
            return Some(
                Mistake::new(format!("the prefix {name}: is not declared"))
                    .at(token.offset)
                    .over(name.len() + 1)
                    .about(Named::Prefix, name),
            );
        }
    }
    None
}

/// The query with gaps before tokens, and at which byte of it each token begins.
fn spaced(tokens: &[Token<'_>]) -> (String, Vec<usize>) {
    let mut spaced = String::new();
    let mut starts = Vec::new();
    let mut end = 0;
    for token in tokens {
        // What belongs together, such as a text and its language, stays together.
        let apart = token.offset > end || "(){}[].;,".contains(token.text);
        if apart {
            spaced.extend(std::iter::repeat_n(' ', GAP));
        }
        starts.push(spaced.len());
        spaced.push_str(token.text);
        end = token.offset + token.text.len();
    }
    (spaced, starts)
}

/// The byte up to which the parser came, and what it said instead of naming a token. None where it came to the end.
fn furthest(text: &str, parser: &SparqlParser) -> Option<(usize, Option<String>)> {
    let error = parser.clone().parse_query(text).err()?.to_string();
    // "error at 3:14: expected one of ...": lines and columns count from 1, columns in characters.
    let rest = error.strip_prefix("error at ")?;
    let (line, rest) = rest.split_once(':')?;
    let (column, rest) = rest.split_once(": ")?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let line = &text[start..];
    let offset = line.char_indices().nth(column.checked_sub(1)?).map_or(text.len(), |(at, _)| start + at);
    // What the grammar's own checks say is a sentence.
    let expected = rest.strip_prefix("expected ").unwrap_or(rest);
    let expected = expected.strip_prefix("one of ").unwrap_or(expected);
    let said = expected.split(", ").find(|item| item.contains(' ') && item.starts_with(char::is_alphabetic));
    Some((offset, said.map(str::to_owned)))
}

/// The number of the token that the query fails at: of tokens where it fails at its end.
fn refused(tokens: &[Token<'_>], parser: &SparqlParser) -> Option<(usize, Option<String>)> {
    let (mut spaced, mut starts) = spaced(tokens);
    spaced.extend(std::iter::repeat_n(' ', GAP));
    starts.push(spaced.len());
    spaced.extend(std::iter::repeat_n(' ', GAP));
    let (furthest, said) = furthest(&spaced, parser)?;
    Some((starts.partition_point(|&start| start <= furthest).saturating_sub(1), said))
}

fn expected(text: &str, tokens: &[Token<'_>], token: usize, parser: &SparqlParser) -> String {
    if text.len() > MOST_TRIED {
        return String::new();
    }
    let (mut before, _) = spaced(&tokens[..token]);
    before.extend(std::iter::repeat_n(' ', GAP));
    let fits = |tried: &str| {
        tick();
        let gap = " ".repeat(GAP);
        match furthest(&format!("{before}{tried}{gap}"), parser) {
            None => true,
            Some((furthest, said)) => said.is_none() && furthest >= before.len() + tried.len() + GAP,
        }
    };
    let names: Vec<&str> = TRIED.iter().filter(|(tried, _)| fits(tried)).map(|(_, name)| *name).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}
