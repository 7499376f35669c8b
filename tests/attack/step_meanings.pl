% What the words of step templates mean (docs/formats/steps.md, semantics 7 and 8), in tabled Prolog.
%
% A foreign evaluator: nothing of src/attack. Facts come from vauban-attack-facts, rules of the templates from
% step_rules.py, which are loaded with this. For each model and each set of failed layers: which facts hold
% here, held against what the program says. Differences are printed; the last line counts.

:- table bytes/1, escapes/1, failed/1, code/1, admin/1, is_told/1, written/1, reads/1, has_read/1, hears/1, found/1,
         commanded/1, holds/1, collected/1, data/1, impact/2, leaves/2, neighbour/1, supplied/1, fetched/2.
:- dynamic chosen/1.
base([zone/1, people/1, untrusted/1, isolated/1, takes/1, outside/1, host/1, unlisted/1, nowhere/1, home/2,
      inzone/2, several/1, classname/2, platform/2, software/2, account/2, service/2, behaviour/2, listens/2,
      credential/1, credential_kind/2, second_factor/2, grant/3, exposed/2, asset/1, lies/2, asset_kind/2,
      countermeasure/3, deployed/2, managed/2, start/1, insider/1, supply/1, at_address/2, held/2, client/2,
      told/2, readable/2, moves/5, speaks/2, answers/2]).
:- initialization(forall(( base(Names), member(Name, Names) ), dynamic(Name)), now).
:- discontiguous code/1, admin/1, holds/1, found/1, commanded/1, collected/1, data/1, impact/2.

% --- what has failed -------------------------------------------------------------------------------------------
failed(Layer) :- chosen(Layer).
failed(Layer) :- managed(Device, Party), admin(Party), atom_concat('device ', Device, Layer).

open([]).
open([code(Party) | More]) :- code(Party), open(More).
open([failed(Layer) | More]) :- failed(Layer), open(More).

% --- where he begins -------------------------------------------------------------------------------------------
begins(Party) :- start(Party).
begins(Party) :- \+ start(_), \+ insider(_), \+ supply(_), outside(Party).
supplied(Host) :- supply(Product), host(Host), product(Host, Product).

% --- bytes (semantics 5) ---------------------------------------------------------------------------------------
bytes(Node) :- held(Node, Party), outside(Party), begins(Party).
bytes(Node) :- held(Node, Party), code(Party).
bytes(To) :- moves(_, From, To, Needs, _), bytes(From), open(Needs).

escapes(Node) :- held(Node, Party), outside(Party).
escapes(From) :- moves(_, From, To, Needs, _), escapes(To), open(Needs).

hears(Node) :- at_address(Node, _), moves(_, Node, _, Needs, _), open(Needs).

is_told(Service) :- told(Node, Service), bytes(Node).
is_told(Service) :- service(Service, Party), code(Party).
written(Service) :- readable(Node, Service), bytes(Node).
written(Service) :- service(Service, Party), code(Party), told(Told, Service), readable(Kept, Service),
    moves(_, Told, Kept, Needs, still), open(Needs).
has_read(Party) :- client(Node, Party), bytes(Node).
reads(Service) :- readable(Node, Service), moves(_, Node, To, Needs, _), held(To, _), open(Needs).
reads(Service) :- readable(Node, Service), moves(_, Node, To, Needs, _), hears(To), open(Needs).

% Set of packets, or any.
leaves(Party, Packets) :- party(Party), held(Node, Party), moves(Step, Node, To, Needs, packet),
    packets(Packets), spoken(Step, Packets), escapes(To), open(Needs).
leaves(Party, Packets) :- party(Party), held(Node, Party), moves(_, Node, To, Needs, How), How \== packet,
    held(To, As), \+ outside(As), leaves(As, Packets), open(Needs).
spoken(_, any).
spoken(Step, Packets) :- Packets \== any, speaks(Step, Packets).

party(Party) :- host(Party).
party(Party) :- unlisted(Party).

% --- machines --------------------------------------------------------------------------------------------------
% Bytes that run by themselves where they arrive.
code(Party) :- begins(Party), \+ outside(Party).
code(Party) :- insider(Party).
code(Party) :- admin(Party).
admin(Party) :- unlisted(Party), code(Party).  % a machine of no list is his own
code(Party) :- held(Node, Party), \+ outside(Party), moves(_, From, Node, Needs, How), How \== borrowed,
    \+ memberchk(code(Party), Needs), bytes(From), open(Needs).

neighbour(Host) :- party(Host), inzone(Host, Zone), inzone(Other, Zone), \+ outside(Other), another(Host, Other),
    code(Other), one_domain(Zone).
another(Host, Other) :- Host \== Other.
another(Host, Host) :- several(Host).
one_domain(Zone) :- takes(Zone), \+ isolated(Zone).
one_domain(Zone) :- untrusted(Zone).
one_domain(Zone) :- atom_concat('switches ', Zone, Layer), failed(Layer).

% A machine that the model does not list is there once somebody has brought it.
subject(Host) :- host(Host).
subject(Host) :- unlisted(Host), code(Host).
rogue(Host) :- unlisted(Host).

fetched(Host, Behaviour) :- answers(Step, Service), moves(Step, From, To, Needs, _), held(From, Other),
    owner(To, Host), Host \== Other, \+ memberchk(code(Host), Needs), behaviour(Service, Behaviour), admin(Other),
    open(Needs).
owner(Node, Host) :- held(Node, Host).
owner(Node, Host) :- client(Node, Host).
owner(Node, Host) :- told(Node, Service), service(Service, Host).
owner(Node, Host) :- readable(Node, Service), service(Service, Host).

product(Host, Product) :- software(Host, Product).
product(Host, Product) :- classname(Host, Name), \+ software(Host, _),
    atom_concat('undeclared software of ', Name, Product).

runs(Host, _) :- host(Host), \+ (platform(Host, Word), known_platform(Word)).
runs(Host, Words) :- platform(Host, Word), memberchk(Word, Words).
runs(Host, _) :- unlisted(Host).
known_platform(Word) :-
    memberchk(Word, [windows, linux, macos, unix, esxi, 'network-device', container, plc, rtu, hmi]).

% --- credentials -----------------------------------------------------------------------------------------------
is_credential(C) :- credential(C).
is_credential(C) :- setof(Name, Host^account(Host, Name), Names), member(Name, Names), atom_concat('account ', Name, C).
is_credential(C) :- own_accounts(C, _).
% Hosts that can be logged into have accounts, whether the model speaks of them or not.
own_accounts(C, Host) :- classname(Host, Name), once(service(_, Host)), \+ grant(_, Host, _), \+ account(Host, _),
    atom_concat('accounts of ', Name, C).

grants(C, Host, user) :- grant(C, Host, _).
grants(C, Host, admin) :- grant(C, Host, Privilege), Privilege \== user.
grants(C, Host, user) :- account(Host, Name), atom_concat('account ', Name, C).
grants(C, Host, _) :- own_accounts(C, Host).
can_be_found(C, Host) :- exposed(C, Host).
can_be_found(C, Host) :- account(Host, Name), atom_concat('account ', Name, C).

of_kind(C, _) :- credential(C), \+ (credential_kind(C, Word), known_kind(Word)).
of_kind(C, Words) :- credential_kind(C, Word), memberchk(Word, Words).
of_kind(C, Words) :- \+ credential(C), memberchk(password, Words).
known_kind(Word) :- memberchk(Word, [password, pin, hash, ticket, token, session, key, certificate]).

holds(C) :- insider(Host), account(Host, Name), atom_concat('account ', Name, C).

% --- assets ----------------------------------------------------------------------------------------------------
% What somebody brings in holds nothing of ours.
lies_at(Asset, Host) :- lies(Asset, Host), host(Host).
harmed(Asset, any) :- asset(Asset).
harmed(Asset, Kind) :- Kind \== any, asset_kind(Asset, Kind).
harmed(Asset, Kind) :- Kind \== any, asset(Asset), \+ asset_kind(Asset, _).
impact(Asset, any) :- impact(Asset, Kind), Kind \== any.

% --- what must fail besides ------------------------------------------------------------------------------------
software_fails(Host) :- product(Host, Product), atom_concat('software ', Product, Layer), failed(Layer).
people_fail(Host) :- home(Host, Zone), atom_concat('people ', Zone, Layer), failed(Layer).
premises_fail(Host) :- home(Host, Zone), atom_concat('premises ', Zone, Layer), failed(Layer).
secrecy_fails(C) :- atom_concat('secrecy of ', C, Layer), failed(Layer).
factor_fails(C) :- \+ second_factor(C, true).
factor_fails(C) :- second_factor(C, true), atom_concat('second factor of ', C, Layer), failed(Layer).
people_work(Host) :- inzone(Host, Zone), people(Zone).
people_work(Host) :- host(Host), \+ service(_, Host).  % who sits before a client the model need not say
% Deployed on the machine, wholly, against the technique: it has to fail as well.
uncountered(Host, Against) :-
    forall(( member(Technique, Against), countermeasure(Number, Technique, Coverage), Coverage >= 1,
             deployed(Number, Host) ),
           ( format(atom(Layer), 'countermeasure ~w #~w', [Technique, Number]), chosen(Layer) )).

% --- the comparison --------------------------------------------------------------------------------------------
main :-
    current_prolog_flag(argv, Files),
    nb_setval(compared, 0), nb_setval(differing, 0), nb_setval(models, 0), nb_setval(held, 0),
    forall(member(File, Files), setup_call_cleanup(open(File, read, In), work(In), close(In))),
    nb_getval(models, Models), nb_getval(compared, Compared), nb_getval(held, Held), nb_getval(differing, Differing),
    format("~w models, ~w sets of failed layers, ~w facts that hold, ~w differences~n",
           [Models, Compared, Held, Differing]).

work(In) :- repeat, read_term(In, Term, []), take(Term), Term == end_of_file, !.

take(end_of_file) :- !.
take(model(Name)) :- !, forgotten, nb_setval(model, Name).
take(end) :- !, nb_getval(models, N), More is N + 1, nb_setval(models, More).
take(expected(Layers, Facts)) :- !,
    abolish_all_tables, retractall(chosen(_)), forall(member(Layer, Layers), assertz(chosen(Layer))),
    sort(Facts, Said), exclude(idle, Said, Theirs),
    findall(Fact, ( derived(Fact), \+ idle(Fact) ), Found), sort(Found, Ours),
    ord_subtract(Theirs, Ours, More), ord_subtract(Ours, Theirs, Less),
    nb_getval(model, Name), length(Layers, Failed),
    forall(member(Fact, More), differs(Name, Failed, 'only the program', Fact)),
    forall(member(Fact, Less), differs(Name, Failed, 'only Prolog', Fact)),
    length(Ours, Held), nb_getval(held, H), Hs is H + Held, nb_setval(held, Hs),
    nb_getval(compared, N), Compared is N + 1, nb_setval(compared, Compared).
take(Fact) :- assertz(Fact).

differs(Name, Failed, Who, Fact) :-
    format("~w, ~w failed: ~w: ~q~n", [Name, Failed, Who, Fact]),
    nb_getval(differing, N), More is N + 1, nb_setval(differing, More).

% What says nothing: that he knows of a machine that he brought; that he reads what a machine answers on which his
% code runs (of a class of several, one from another).
idle(found(Party)) :- unlisted(Party).
idle(reads(Service)) :- service(Service, Party), code(Party).

derived(code(X)) :- code(X).
derived(admin(X)) :- admin(X).
derived(found(X)) :- found(X).
derived(commanded(X)) :- commanded(X).
derived(has_read(X)) :- has_read(X).
derived(is_told(X)) :- is_told(X).
derived(written(X)) :- written(X).
derived(reads(X)) :- reads(X).
derived(holds(X)) :- holds(X).
derived(collected(X)) :- collected(X).
derived(data(X)) :- data(X).
derived(impact(X, Y)) :- impact(X, Y).

forgotten :-
    base(Names), forall(( member(Name/Arity, Names), functor(Head, Name, Arity) ), retractall(Head)).
