//! The C interface of ../../shim.h. Nothing unwinds across it: a panic, which would be a mistake of ours or of a
//! library, becomes a message.

// The pointers and lengths that come from C++ are what shim.h says they are.
#![allow(clippy::missing_safety_doc)]

mod budget;
mod graph;
mod misread;
mod mistake;
mod parse;
mod query;
mod scan;
mod shape;
mod store;
mod terms;

use budget::Stop;
use mistake::Mistake;
use oxrdf::{GraphName, Quad, Term, TermRef, Variable};
use parse::{Document, Syntax};
use query::{Answer, Format, Kind, Request, Rows};
use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;
use store::Store;
use terms::{Form, Full, Number, parts};

#[global_allocator]
static ALLOCATOR: budget::Counting = budget::Counting;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CText {
    data: *const u8,
    size: usize,
}

impl CText {
    fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), size: bytes.len() }
    }

    unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 { &[] } else { unsafe { std::slice::from_raw_parts(self.data, self.size) } }
    }

    unsafe fn text<'a>(self, what: &str) -> Result<&'a str, Mistake> {
        std::str::from_utf8(unsafe { self.bytes() }).map_err(|_| Mistake::new(format!("{what} is not UTF-8")))
    }
}

const NOTHING: CText = CText { data: std::ptr::null(), size: 0 };

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CTerm {
    kind: u32,
    value: CText,
    datatype: CText,
    language: CText,
}

const IRI: u32 = 0;
const BLANK: u32 = 1;
const LITERAL: u32 = 2;
const UNBOUND: u32 = 3;

impl CTerm {
    fn of(term: Option<TermRef<'_>>) -> Self {
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
    subject: CTerm,
    predicate: CTerm,
    object: CTerm,
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
    unsafe fn document<'a>(&self) -> Result<Document<'a>, Mistake> {
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

type Report = extern "C" fn(*mut c_void, *const CMistake);
type Sink = extern "C" fn(*mut c_void, *const CTriple) -> bool;

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

fn unwound(payload: &(dyn Any + Send)) -> Mistake {
    match payload.downcast_ref::<Stop>() {
        Some(stop) => (*stop).into(),
        None => {
            let said = PANIC.with_borrow(String::clone);
            Mistake::new(format!("the RDF engine gave up, which is a mistake in it: {said}"))
        }
    }
}

fn caught<T>(work: impl FnOnce() -> Result<T, Mistake>) -> Result<T, Mistake> {
    quiet_panics();
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(unwound(&*payload)))
}

/// Tells the caller of a mistake; whether there was none.
fn told<T>(result: Result<T, Mistake>, report: Report, context: *mut c_void) -> Option<T> {
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
fn stopped() -> Mistake {
    Mistake::new("stopped by the receiver")
}

fn full(_: Full) -> Mistake {
    Mistake::new("more than 2,147,483,647 different terms, or a literal of 4 GiB")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_parse(
    document: *const CDocument,
    sink: Sink,
    sink_context: *mut c_void,
    count: *mut u64,
    report: Report,
    report_context: *mut c_void,
) -> bool {
    let result = caught(|| {
        let document = unsafe { (*document).document()? };
        let mut labels: HashMap<oxrdf::BlankNode, String> = HashMap::new();
        parse::parse(&document, |quad| {
            // The text of a label stays where it is while the table grows.
            let mut term = |term: TermRef<'_>| {
                let mut named = CTerm::of(Some(term));
                if let TermRef::BlankNode(node) = term {
                    let next = labels.len();
                    let label = labels.entry(node.into_owned()).or_insert_with(|| format!("b{next}"));
                    named.value = CText::of(label.as_bytes());
                }
                named
            };
            let triple = CTriple {
                subject: term(quad.subject.as_ref().into()),
                predicate: CTerm::of(Some(quad.predicate.as_ref().into())),
                object: term(quad.object.as_ref()),
            };
            if sink(sink_context, &raw const triple) { Ok(()) } else { Err(stopped()) }
        })
    });
    match told(result, report, report_context) {
        Some(triples) => {
            unsafe { *count = triples };
            true
        }
        None => false,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn vauban_rdf_store_new() -> *mut Store {
    Box::into_raw(Box::default())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_store_free(store: *mut Store) {
    drop(unsafe { Box::from_raw(store) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_store_index(store: *mut Store) {
    unsafe { (*store).index() };
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_store_size(store: *const Store) -> u64 {
    unsafe { (*store).len() as u64 }
}

/// Each named graph's IRI.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_store_graphs(
    store: *const Store,
    each: extern "C" fn(*mut c_void, CText, u64),
    context: *mut c_void,
) {
    let store = unsafe { &*store };
    for (name, index) in store.named() {
        each(context, CText::of(store.terms.text(name).as_bytes()), index.len() as u64);
    }
}

/// New numbers for the terms of one document or call, whose blank nodes are its own.
struct Loading<'a> {
    store: &'a mut Store,
    blank_nodes: HashMap<oxrdf::BlankNode, Number>,
    default_graph: usize,
    triples: HashMap<usize, Vec<graph::Triple>>,
}

impl Loading<'_> {
    fn number(&mut self, term: TermRef<'_>) -> Result<u32, Mistake> {
        let number = match term {
            TermRef::NamedNode(iri) => self.store.terms.add(Form::Iri, iri.as_str()),
            TermRef::BlankNode(node) => match self.blank_nodes.get(&node.into_owned()) {
                Some(number) => Ok(*number),
                None => self.store.new_blank_node().inspect(|number| {
                    self.blank_nodes.insert(node.into_owned(), *number);
                }),
            },
            TermRef::Literal(literal) => {
                let (datatype, language) = parts(literal);
                self.store.terms.add_literal(literal.value(), datatype, language)
            }
        };
        Ok(number.map_err(full)?.get())
    }

    fn quad(&mut self, quad: &Quad) -> Result<(), Mistake> {
        let triple = [
            self.number(quad.subject.as_ref().into())?,
            self.number(quad.predicate.as_ref().into())?,
            self.number(quad.object.as_ref())?,
        ];
        let graph = match &quad.graph_name {
            GraphName::DefaultGraph => self.default_graph,
            GraphName::NamedNode(name) => self.named(name.as_ref().into())?,
            GraphName::BlankNode(name) => self.named(name.as_ref().into())?,
        };
        self.triples.entry(graph).or_default().push(triple);
        Ok(())
    }

    fn named(&mut self, name: TermRef<'_>) -> Result<usize, Mistake> {
        let number = self.number(name)?;
        Ok(self.store.graph_of(Number::new(number)))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_store_load(
    store: *mut Store,
    document: *const CDocument,
    graph: CText,
    count: *mut u64,
    report: Report,
    report_context: *mut c_void,
) -> bool {
    let result = caught(|| {
        let store = unsafe { &mut *store };
        let document = unsafe { (*document).document()? };
        let default_graph = graph_of(store, graph)?;
        let mut loading = Loading { store, blank_nodes: HashMap::new(), default_graph, triples: HashMap::new() };
        let count = parse::parse(&document, |quad| loading.quad(&quad))?;
        let Loading { triples, .. } = loading;
        for (graph, triples) in triples {
            store.extend(graph, triples);
        }
        Ok(count)
    });
    match told(result, report, report_context) {
        Some(triples) => {
            unsafe { *count = triples };
            true
        }
        None => false,
    }
}

fn graph_of(store: &mut Store, graph: CText) -> Result<usize, Mistake> {
    let iri = unsafe { graph.text("the graph's IRI")? };
    if !iri.is_empty() {
        checked_iri(iri)?;
    }
    store.graph(iri).map_err(full)
}

fn checked_iri(iri: &str) -> Result<(), Mistake> {
    match oxiri::IriRef::parse(iri) {
        Ok(parsed) if parsed.is_absolute() => Ok(()),
        Ok(_) => Err(Mistake::new(format!("<{iri}> is no IRI but a part of one"))),
        Err(error) => Err(Mistake::new(format!("<{iri}> is no IRI: {error}"))),
    }
}

/// Triples that C++ made, on their way into one graph. It holds the store until it is finished.
pub struct Insertion {
    store: *mut Store,
    graph: usize,
    blank_nodes: HashMap<String, Number>,
    triples: Vec<graph::Triple>,
    mistake: Option<Mistake>,
}

impl Insertion {
    unsafe fn number(&mut self, term: &CTerm, literals: bool) -> Result<u32, Mistake> {
        let store = unsafe { &mut *self.store };
        let value = unsafe { term.value.text("a term")? };
        let number = match term.kind {
            IRI => match store.terms.find(Form::Iri, value) {
                Some(number) => Ok(number),
                None => {
                    checked_iri(value)?;
                    store.terms.add(Form::Iri, value)
                }
            },
            BLANK => match self.blank_nodes.get(value) {
                Some(number) => Ok(*number),
                None => store.new_blank_node().inspect(|number| {
                    self.blank_nodes.insert(value.to_owned(), *number);
                }),
            },
            _ if literals => {
                let (datatype, language) =
                    unsafe { (term.datatype.text("a datatype")?, term.language.text("a language")?) };
                if !datatype.is_empty() && store.terms.find(Form::Iri, datatype).is_none() {
                    checked_iri(datatype)?;
                }
                if !language.is_empty() && store.terms.find(Form::Tag, language).is_none() {
                    oxrdf::Literal::new_language_tagged_literal("", language)
                        .map_err(|error| Mistake::new(format!("{language} is no language tag: {error}")))?;
                }
                store.terms.add_literal(value, datatype, &language.to_ascii_lowercase())
            }
            _ => return Err(Mistake::new(format!("the literal \"{value}\" as a subject or predicate"))),
        };
        Ok(number.map_err(full)?.get())
    }

    unsafe fn add(&mut self, triple: &CTriple) -> Result<(), Mistake> {
        if triple.predicate.kind != IRI {
            return Err(Mistake::new("a predicate that is no IRI"));
        }
        let triple = unsafe {
            [
                self.number(&triple.subject, false)?,
                self.number(&triple.predicate, false)?,
                self.number(&triple.object, true)?,
            ]
        };
        self.triples.push(triple);
        Ok(())
    }
}

/// Null, after a report, where the graph's IRI is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_insertion_new(
    store: *mut Store,
    graph: CText,
    report: Report,
    report_context: *mut c_void,
) -> *mut Insertion {
    let result = caught(|| {
        let graph = graph_of(unsafe { &mut *store }, graph)?;
        let insertion = Insertion { store, graph, blank_nodes: HashMap::new(), triples: Vec::new(), mistake: None };
        Ok(Box::into_raw(Box::new(insertion)))
    });
    told(result, report, report_context).unwrap_or(std::ptr::null_mut())
}

/// After the first mistake nothing more is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_insertion_add(insertion: *mut Insertion, triple: *const CTriple) {
    let insertion = unsafe { &mut *insertion };
    if insertion.mistake.is_none() {
        insertion.mistake = caught(|| unsafe { insertion.add(&*triple) }).err();
    }
}

/// All triples, or, after a report or where `keep` is false, none of them; ends the insertion.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_insertion_finish(
    insertion: *mut Insertion,
    keep: bool,
    count: *mut u64,
    report: Report,
    report_context: *mut c_void,
) -> bool {
    let mut insertion = unsafe { Box::from_raw(insertion) };
    if let Some(mistake) = insertion.mistake.take() {
        let _: Option<()> = told(Err(mistake), report, report_context);
        return false;
    }
    if keep {
        unsafe {
            *count = insertion.triples.len() as u64;
            (*insertion.store).extend(insertion.graph, std::mem::take(&mut insertion.triples));
        }
    }
    true
}

#[repr(C)]
pub struct CRequest {
    text: CText,
    format: u32,
    /// Name, IRI, name, IRI, ...
    prefixes: *const CText,
    prefix_texts: usize,
    seconds: f64,
    most_memory: u64,
    most_rows: u64,
}

#[repr(C)]
pub struct CAnswer {
    /// 0: solutions, 1: a truth value, 2: triples.
    kind: u32,
    truth: bool,
    cut: bool,
    rows: u64,
}

#[repr(C)]
pub struct CReceiver {
    context: *mut c_void,
    variables: extern "C" fn(*mut c_void, *const CText, usize),
    row: extern "C" fn(*mut c_void, *const CTerm, usize) -> bool,
    text: extern "C" fn(*mut c_void, CText),
    report: Report,
}

/// C++ answers for its own pointers: the caller waits while the query's thread works for it.
struct Shared<T>(T);
unsafe impl<T> Send for Shared<T> {}

struct Receiver<'a>(&'a CReceiver);

impl Rows for Receiver<'_> {
    fn variables(&mut self, variables: &[Variable]) {
        let names: Vec<CText> = variables.iter().map(|variable| CText::of(variable.as_str().as_bytes())).collect();
        (self.0.variables)(self.0.context, names.as_ptr(), names.len());
    }

    fn row(&mut self, values: &[Option<Term>]) -> bool {
        let terms: Vec<CTerm> = values.iter().map(|value| CTerm::of(value.as_ref().map(Term::as_ref))).collect();
        (self.0.row)(self.0.context, terms.as_ptr(), terms.len())
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vauban_rdf_query(
    store: *const Store,
    request: *const CRequest,
    receiver: *const CReceiver,
    answer: *mut CAnswer,
) -> bool {
    let receiver = unsafe { &*receiver };
    let work = Shared((store, request, receiver));
    let result = caught(|| {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(query::STACK).spawn_scoped(scope, move || {
                let work = work;
                let Shared((store, request, receiver)) = work;
                caught(|| unsafe { asked(&*store, &*request, receiver) })
            });
            match thread {
                Ok(thread) => thread.join().unwrap_or_else(|payload| Err(unwound(&*payload))),
                Err(error) => Err(Mistake::new(format!("no thread for the query: {error}"))),
            }
        })
    });
    let Some(Answer { kind, rows, cut, text }) = told(result, receiver.report, receiver.context) else {
        return false;
    };
    if !text.is_empty() {
        (receiver.text)(receiver.context, CText::of(&text));
    }
    let (kind, truth) = match kind {
        Kind::Solutions => (0, false),
        Kind::Boolean(truth) => (1, truth),
        Kind::Graph => (2, false),
    };
    unsafe { *answer = CAnswer { kind, truth, cut, rows } };
    true
}

unsafe fn asked(store: &Store, request: &CRequest, receiver: &CReceiver) -> Result<Answer, Mistake> {
    let formats = [Format::Rows, Format::Json, Format::Csv, Format::Tsv, Format::Turtle, Format::NTriples];
    let texts: &[CText] = if request.prefix_texts == 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(request.prefixes, request.prefix_texts) }
    };
    let mut prefixes = Vec::new();
    for pair in texts.chunks_exact(2) {
        prefixes.push(unsafe { (pair[0].text("a prefix")?, pair[1].text("a prefix")?) });
    }
    let text = std::str::from_utf8(unsafe { request.text.bytes() })
        .map_err(|error| Mistake::new("the query is not UTF-8").at(error.valid_up_to()))?;
    let request = Request {
        text,
        format: *formats.get(request.format as usize).ok_or_else(|| Mistake::new("no such format"))?,
        prefixes,
        time: Duration::try_from_secs_f64(request.seconds).unwrap_or(Duration::MAX),
        memory: request.most_memory,
        rows: request.most_rows,
    };
    query::answer(store, &request, &mut Receiver(receiver))
}

// Only so that the compiler says so if it is ever not true: queries share a store.
const _: fn() = || {
    fn shared<T: Sync>() {}
    shared::<Store>();
};
