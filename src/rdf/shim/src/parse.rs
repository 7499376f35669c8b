//! Documents as triples.

use crate::budget::{self, Budget, Stop};
use crate::mistake::{Mistake, size};
use crate::scan::too_deep;
use crate::terms::parts;
use oxrdf::{GraphName, NamedOrBlankNode, Quad, Term};
use oxrdfio::{JsonLdProfileSet, RdfFormat, RdfParseError, RdfParser};
use oxrdfxml::{RdfXmlParseError, RdfXmlParser};
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Turtle,
    NTriples,
    NQuads,
    TriG,
    RdfXml,
    JsonLd,
}

pub struct Document<'a> {
    pub bytes: &'a [u8],
    /// "" where relative IRIs are mistakes.
    pub base: &'a str,
    pub syntax: Syntax,
    pub most_bytes: u64,
    pub most_triples: u64,
    /// Bytes of a literal or IRI.
    pub most_text: u64,
    /// Brackets within brackets of JSON.
    pub most_depth: u64,
    pub most_memory: u64,
}

/// What the parsers read from. They are fed, rather than given the whole at once, because that is where a document that
/// makes them hold too much can be stopped.
struct Source<'a> {
    rest: &'a [u8],
    fed: &'a Cell<usize>,
    /// One line at a time, where the parser cannot say itself where it is.
    by_line: bool,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(stop) = budget::spent() {
            return Err(io::Error::other(Stopped(stop)));
        }
        let mut chunk = &self.rest[..self.rest.len().min(buffer.len())];
        if self.by_line {
            chunk = chunk.split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default();
        }
        buffer[..chunk.len()].copy_from_slice(chunk);
        self.rest = &self.rest[chunk.len()..];
        self.fed.set(self.fed.get() + chunk.len());
        Ok(chunk.len())
    }
}

#[derive(Debug)]
struct Stopped(Stop);

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Stopped {}

/// Hands on each statement in the order of the document; returns how many there were.
pub fn parse(document: &Document<'_>, mut each: impl FnMut(Quad) -> Result<(), Mistake>) -> Result<u64, Mistake> {
    let _budget = Budget::new(document.most_memory, None);
    if document.bytes.len() as u64 > document.most_bytes {
        return Err(Mistake::new(format!("the document has more than {}", size(document.most_bytes))));
    }
    // A mark of UTF-8 at the beginning means nothing.
    let skipped = if document.bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let bytes = &document.bytes[skipped..];
    let fed = Cell::new(0);
    let mut count = 0;
    let mut quad = |quad: Quad| {
        count += 1;
        if count > document.most_triples {
            return Err(Mistake::new(format!("the document has more than {} triples", document.most_triples)));
        }
        if let Some(stop) = budget::spent() {
            return Err(stop.into());
        }
        if longest(&quad) as u64 > document.most_text {
            let most = size(document.most_text);
            return Err(Mistake::new(format!("a literal or IRI of more than {most}")));
        }
        each(quad)
    };
    // Where no better place is known: the line up to which the parser was fed, or a little before.
    let about = |mistake: Mistake| match mistake.offset {
        Some(_) => mistake,
        None => mistake.at(line_start(bytes, fed.get())),
    };
    let result = match document.syntax {
        Syntax::RdfXml => {
            bounded_entities(bytes, document.most_bytes).map_err(|mistake| shifted(mistake, skipped))?;
            let mut parser = RdfXmlParser::new();
            if !document.base.is_empty() {
                parser = parser.with_base_iri(document.base).map_err(|error| bad_base(document, error))?;
            }
            let mut reader = parser.for_reader(Source { rest: bytes, fed: &fed, by_line: false });
            loop {
                match reader.next() {
                    None => break Ok(()),
                    Some(Ok(triple)) => {
                        if let Err(mistake) = quad(triple.in_graph(GraphName::DefaultGraph)) {
                            break Err(mistake.at(element(bytes, reader.buffer_position())));
                        }
                    }
                    Some(Err(RdfXmlParseError::Io(error))) => break Err(about(stopped(error))),
                    Some(Err(RdfXmlParseError::Syntax(error))) => {
                        let place = element(bytes, reader.buffer_position());
                        break Err(Mistake::new(error.to_string()).at(place));
                    }
                }
            }
        }
        syntax => {
            if syntax == Syntax::JsonLd {
                if let Some(offset) = too_deep(bytes, document.most_depth) {
                    let most = format!("at most {} brackets within each other", document.most_depth);
                    return Err(Mistake::new("JSON that is nested too deeply").at(offset + skipped).expecting(most));
                }
            }
            let mut parser = RdfParser::from_format(format(syntax));
            if !document.base.is_empty() {
                parser = parser.with_base_iri(document.base).map_err(|error| bad_base(document, error))?;
            }
            let by_line = syntax == Syntax::JsonLd;
            let mut reader = parser.for_reader(Source { rest: bytes, fed: &fed, by_line });
            reader
                .try_for_each(|read| match read {
                    Ok(read) => quad(read),
                    Err(RdfParseError::Io(error)) => Err(stopped(error)),
                    Err(RdfParseError::Syntax(error)) => Err(match error.location() {
                        Some(place) => {
                            let (start, end) = (place.start.offset as usize, place.end.offset as usize);
                            Mistake::new(without_place(&error.to_string()))
                                .at(start.min(bytes.len()))
                                .over(end.saturating_sub(start))
                        }
                        None => least(bytes, fed.get(), document.base, json_ld(bytes, fed.get(), &error.to_string())),
                    }),
                })
                .map_err(about)
        }
    };
    result.map_err(|mistake| shifted(mistake, skipped))?;
    Ok(count)
}

fn format(syntax: Syntax) -> RdfFormat {
    match syntax {
        Syntax::Turtle => RdfFormat::Turtle,
        Syntax::NTriples => RdfFormat::NTriples,
        Syntax::NQuads => RdfFormat::NQuads,
        Syntax::TriG => RdfFormat::TriG,
        Syntax::RdfXml => RdfFormat::RdfXml,
        Syntax::JsonLd => RdfFormat::JsonLd { profile: JsonLdProfileSet::empty() },
    }
}

fn shifted(mut mistake: Mistake, by: usize) -> Mistake {
    mistake.offset = mistake.offset.map(|offset| offset + by);
    mistake
}

fn bad_base(document: &Document<'_>, error: oxrdf::IriParseError) -> Mistake {
    Mistake::new(format!("the base <{}> is no IRI: {error}", document.base))
}

/// What the source said, or the parser of its buffer.
fn stopped(error: io::Error) -> Mistake {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Stopped>()) {
        Some(Stopped(stop)) => (*stop).into(),
        // All parsers of Oxigraph hold at most this much of what they cannot yet understand.
        None if error.kind() == io::ErrorKind::OutOfMemory => {
            Mistake::new("a literal, IRI or comment of more than 16 MiB, or one that does not end")
        }
        None => Mistake::new(error.to_string()),
    }
}

/// "Parser error at line 2 column 3: what" without the place, which is said in our own way.
fn without_place(error: &str) -> String {
    let place = ["Parser error at line ", "Parser error between line "];
    match place.iter().find_map(|start| error.strip_prefix(start)) {
        Some(rest) => rest.split_once(": ").map_or(error, |(_, what)| what).to_owned(),
        None => error.to_owned(),
    }
}

/// A mistake of JSON-LD's own, which its parser finds when it has read on: most name a keyword, and the last of its kind
/// is where it is.
fn json_ld(bytes: &[u8], fed: usize, error: &str) -> Mistake {
    let remote = error.contains("LoadDocumentCallback");
    let mistake = Mistake::new(if remote {
        "a context of another document, and none is ever fetched: put the context into this one"
    } else {
        error
    });
    let end = |c: char| !c.is_ascii_alphanumeric() && c != '@';
    let named = error.split(end).find(|word| word.starts_with('@') && word.len() > 1);
    let keywords: &[&str] = if remote { &["@import", "@context"] } else { named.as_slice() };
    let before = &bytes[..fed.min(bytes.len())];
    let place = keywords.iter().find_map(|keyword| {
        let quoted = format!("\"{keyword}\"");
        before.windows(quoted.len()).rposition(|window| window == quoted.as_bytes())
    });
    match place {
        Some(place) => mistake.at(place),
        None => mistake,
    }
}

/// Of several mistakes in one context the parser finds one by chance, since it holds contexts in tables without order. Of
/// what it finds when it is asked again and again, the first by the alphabet.
fn least(bytes: &[u8], fed: usize, base: &str, found: Mistake) -> Mistake {
    const AGAIN: usize = 24;
    const MOST_BYTES: usize = 1 << 20;
    let mut least = found;
    if fed > MOST_BYTES {
        return least;
    }
    for _ in 0..AGAIN {
        let mut parser = RdfParser::from_format(format(Syntax::JsonLd));
        if !base.is_empty() {
            let Ok(based) = parser.with_base_iri(base) else { break };
            parser = based;
        }
        let again = Cell::new(0);
        let mut reader = parser.for_reader(Source { rest: &bytes[..fed], fed: &again, by_line: true });
        let Some(Err(RdfParseError::Syntax(error))) = reader.find(Result::is_err) else { break };
        if error.location().is_none() {
            let mistake = json_ld(bytes, again.get(), &error.to_string());
            if mistake.message < least.message {
                least = mistake;
            }
        }
    }
    least
}

fn line_start(bytes: &[u8], offset: usize) -> usize {
    let before = bytes[..offset.min(bytes.len())].trim_ascii_end();
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let line = &before[start..];
    start + line.len() - line.trim_ascii_start().len()
}

/// Where the XML element or text begins that ends at an offset.
fn element(bytes: &[u8], end: u64) -> usize {
    let end = usize::try_from(end).map_or(bytes.len(), |end| end.min(bytes.len()));
    let before = &bytes[..end.saturating_sub(1)];
    before.iter().rposition(|&byte| byte == b'<').unwrap_or(0)
}

fn longest(quad: &Quad) -> usize {
    let subject = match &quad.subject {
        NamedOrBlankNode::NamedNode(iri) => iri.as_str().len(),
        NamedOrBlankNode::BlankNode(_) => 0,
    };
    let object = match &quad.object {
        Term::NamedNode(iri) => iri.as_str().len(),
        Term::BlankNode(_) => 0,
        Term::Literal(literal) => literal.value().len().max(parts(literal.as_ref()).0.len()),
    };
    subject.max(object).max(quad.predicate.as_str().len())
}

/// Entities of XML that name each other grow as a power. What all that are used in the document come to must be no more
/// than a document may have.
fn bounded_entities(bytes: &[u8], most: u64) -> Result<(), Mistake> {
    let mut sizes: HashMap<&[u8], u64> = HashMap::new();
    let mut total = 0_u64;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| byte == b'<' || byte == b'&') {
        at += next;
        if let Some(declared) = bytes[at..].strip_prefix(b"<!ENTITY") {
            let declared = declared.trim_ascii_start();
            let end = declared.iter().position(u8::is_ascii_whitespace).unwrap_or(declared.len());
            let (name, rest) = declared.split_at(end);
            if name.len() > LONGEST_ENTITY {
                return Err(Mistake::new("an entity whose name is too long").at(at));
            }
            let value = rest.trim_ascii_start().strip_prefix(b"\"").unwrap_or_default();
            let value = &value[..value.iter().position(|&byte| byte == b'"').unwrap_or(value.len())];
            let inner = (0..value.len()).map(|at| entity(&value[at..], &sizes));
            let size = inner.fold(value.len() as u64, u64::saturating_add);
            total = total.saturating_add(size);
            sizes.insert(name, size);
        } else {
            total = total.saturating_add(entity(&bytes[at..], &sizes));
        }
        if total > most {
            return Err(Mistake::new(format!("entities that come to more than {}", size(most))).at(at));
        }
        at += 1;
    }
    Ok(())
}

const LONGEST_ENTITY: usize = 255;

/// What the text of an entity comes to, if one stands here.
fn entity(text: &[u8], sizes: &HashMap<&[u8], u64>) -> u64 {
    let name = text.strip_prefix(b"&").unwrap_or_default();
    let end = name.iter().take(LONGEST_ENTITY + 1).position(|&byte| byte == b';');
    end.and_then(|end| sizes.get(&name[..end])).copied().unwrap_or(0)
}
