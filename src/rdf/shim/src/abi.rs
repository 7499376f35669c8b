//! The C interface's values, and what every function of it does around its work: a panic, which would be a mistake of ours
//! or of a library, becomes a message, and a mistake is told.

use crate::budget::Stop;
use crate::mistake::Mistake;
use crate::parse::{Document, Syntax};
use crate::terms::{Full, parts};
use oxrdf::TermRef;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CText {
    data: *const u8,
    size: usize,
}

impl CText {
    pub fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), size: bytes.len() }
    }

    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 { &[] } else { unsafe { std::slice::from_raw_parts(self.data, self.size) } }
    }

    pub unsafe fn text<'a>(self, what: &str) -> Result<&'a str, Mistake> {
        std::str::from_utf8(unsafe { self.bytes() }).map_err(|_| Mistake::new(format!("{what} is not UTF-8")))
    }
}

pub const NOTHING: CText = CText { data: std::ptr::null(), size: 0 };

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CTerm {
    pub kind: u32,
    pub value: CText,
    pub datatype: CText,
    pub language: CText,
}

pub const IRI: u32 = 0;
pub const BLANK: u32 = 1;
pub const LITERAL: u32 = 2;
pub const UNBOUND: u32 = 3;

impl CTerm {
    pub fn of(term: Option<TermRef<'_>>) -> Self {
        let term_of =
            |kind, value: &str| Self { kind, value: CText::of(value.as_bytes()), datatype: NOTHING, language: NOTHING };
        match term {
            None => term_of(UNBOUND, ""),
            Some(TermRef::NamedNode(iri)) => term_of(IRI, iri.as_str()),
            Some(TermRef::BlankNode(node)) => term_of(BLANK, node.as_str()),
            Some(TermRef::Literal(literal)) => {
                let (datatype, language) = parts(literal);
                let mut term = term_of(LITERAL, literal.value());
                (term.datatype, term.language) = (CText::of(datatype.as_bytes()), CText::of(language.as_bytes()));
                term
            }
        }
    }
}

#[repr(C)]
pub struct CTriple {
    pub subject: CTerm,
    pub predicate: CTerm,
    pub object: CTerm,
}

#[repr(C)]
pub struct CDocument {
    bytes: CText,
    base: CText,
    syntax: u32,
    most_bytes: u64,
    most_triples: u64,
    most_text: u64,
    most_depth: u64,
    most_memory: u64,
}

impl CDocument {
    pub unsafe fn document<'a>(&self) -> Result<Document<'a>, Mistake> {
        let syntaxes = [Syntax::Turtle, Syntax::NTriples, Syntax::NQuads, Syntax::TriG, Syntax::RdfXml, Syntax::JsonLd];
        Ok(Document {
            bytes: unsafe { self.bytes.bytes() },
            base: unsafe { self.base.text("the base IRI")? },
            syntax: *syntaxes.get(self.syntax as usize).ok_or_else(|| Mistake::new("no such syntax"))?,
            most_bytes: self.most_bytes,
            most_triples: self.most_triples,
            most_text: self.most_text,
            most_depth: self.most_depth,
            most_memory: self.most_memory,
        })
    }
}

#[repr(C)]
pub struct CMistake {
    offset: u64,
    length: u64,
    message: CText,
    expected: CText,
    named: u32,
    name: CText,
}

pub type Report = extern "C" fn(*mut c_void, *const CMistake);
pub type Sink = extern "C" fn(*mut c_void, *const CTriple) -> bool;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Rust's own words about a panic go into the message instead of onto the terminal.
fn quiet_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| PANIC.with_borrow_mut(|said| *said = info.to_string())));
    });
}

pub fn unwound(payload: &(dyn Any + Send)) -> Mistake {
    match payload.downcast_ref::<Stop>() {
        Some(stop) => (*stop).into(),
        None => {
            let said = PANIC.with_borrow(String::clone);
            Mistake::new(format!("the RDF engine gave up, which is a mistake in it: {said}"))
        }
    }
}

pub fn caught<T>(work: impl FnOnce() -> Result<T, Mistake>) -> Result<T, Mistake> {
    quiet_panics();
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(unwound(&*payload)))
}

/// Tells the caller of a mistake; whether there was none.
pub fn told<T>(result: Result<T, Mistake>, report: Report, context: *mut c_void) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(mistake) => {
            let told = CMistake {
                offset: mistake.offset.map_or(u64::MAX, |offset| offset as u64),
                length: mistake.length as u64,
                message: CText::of(mistake.message.as_bytes()),
                expected: CText::of(mistake.expected.as_bytes()),
                named: mistake.named as u32,
                name: CText::of(mistake.name.as_bytes()),
            };
            report(context, &raw const told);
            None
        }
    }
}

/// What a C++ function that was called answers for "stop": it has an exception of its own to go on with.
pub fn stopped() -> Mistake {
    Mistake::new("stopped by the receiver")
}

pub fn full(_: Full) -> Mistake {
    Mistake::new("more than 2,147,483,647 different terms, or a literal of 4 GiB")
}
