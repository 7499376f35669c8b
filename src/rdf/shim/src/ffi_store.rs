//! The C interface to documents and the store: ../../shim.h.

use crate::abi::{BLANK, CDocument, CTerm, CText, CTriple, IRI, Report, Sink, caught, full, stopped, told};
use crate::graph::Triple;
use crate::mistake::Mistake;
use crate::parse;
use crate::store::Store;
use crate::terms::{Form, Number, parts};
use oxrdf::{GraphName, Quad, TermRef};
use std::collections::HashMap;
use std::ffi::c_void;

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
    triples: HashMap<usize, Vec<Triple>>,
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
    triples: Vec<Triple>,
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
