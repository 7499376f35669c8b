"""Step templates (knowledge/steps) as Prolog rules, written from docs/formats/steps.md alone."""
import pathlib

import yaml

FAILURES = {'software': 'software_fails(H)', 'people': 'people_fail(H)', 'secrecy': 'secrecy_fails(C)',
            'mfa': 'factor_fails(C)', 'physical': 'premises_fail(H)'}


def quoted(word):
    return "'" + str(word).replace('\\', '\\\\').replace("'", "\\'") + "'"


def listed(words):
    return '[' + ', '.join(quoted(word) for word in words) + ']'


class Translation:
    def __init__(self):
        self.words = {}  # service words, joined -> name of the set
        self.rules = []
        self.fits = {}
        self.count = 0

    def packets(self, services):
        return self.words.setdefault(' '.join(services), f'w{len(self.words)}')

    def fit(self, service):
        behaviours, services = service.get('behaviours', []), service.get('services', [])
        if not behaviours and not services:
            return 'true'
        key = (tuple(behaviours), tuple(services))
        if key not in self.fits:
            name = self.fits[key] = f'fits{len(self.fits)}'
            for behaviour in behaviours:
                self.rules.append(f'{name}(S) :- behaviour(S, {quoted(behaviour)}).')
            if services:
                self.rules.append(f'{name}(S) :- listens(S, {self.packets(services)}).')
        return f'{self.fits[key]}(S)'

    def premise(self, kind, value):
        if kind in ('code', 'admin', 'neighbour', 'commanded', 'found'):
            return f'{kind}(H)'
        if kind == 'read':
            return 'has_read(H)'
        if kind in ('told', 'written', 'reads'):
            return f'service(S, H), {self.fit(value)}, {"is_told" if kind == "told" else kind}(S)'
        if kind in ('holds', 'grants'):
            return f'grants(C, H, {value})' + (', holds(C)' if kind == 'holds' else '')
        if kind == 'leaves':
            return f'leaves(H, {"any" if value == "any" else self.packets(value["services"])})'
        if kind == 'collected':
            return 'collected(A)'
        if kind == 'supplied':
            return 'supplied(H)'
        if kind == 'exposed':
            return 'can_be_found(C, H)'
        if kind == 'credential':
            return 'is_credential(C)' + ('' if value == 'any' else f', of_kind(C, {listed(value)})')
        if kind == 'asset':
            return f'lies_at(A, H), harmed(A, {value})'
        if kind == 'platform':
            return f'runs(H, {listed(value)})'
        if kind == 'people':
            return 'people_work(H)'
        if kind == 'fetches':
            return f'fetched(H, B), memberchk(B, {listed(value["behaviours"])})'
        if kind == 'rogue':
            return 'rogue(H)'
        raise ValueError(f'premise {kind}')

    def step(self, step):
        (what, of), = step['gives'].items()
        subject = {'holds': 'C', 'collected': 'A', 'data': 'A'}.get(what, 'H')
        head = f'impact(A, {of})' if what == 'impact' else f'{what}({subject})'
        needs = [next(iter(need.items())) for need in step['needs']]
        body = [self.premise(kind, value) for kind, value in needs]
        if not any(kind == 'rogue' for kind, _ in needs):
            body.insert(0, 'subject(H)')
        body += [FAILURES[failure] for failure in step.get('fails', [])]
        against = step.get('countered-by', []) + step.get('countered-by-judgement', [])
        body.append(f'uncountered(H, {listed(against)})')
        self.rules.append(f'% {step["id"]}\n{head} :- {", ".join(body)}.')
        self.count += 1


def translate(folder):
    """Rules as text; sets of packets as text, a name and its words a line; how many templates."""
    made = Translation()
    for file in sorted(pathlib.Path(folder).glob('*.yaml')):
        for step in yaml.safe_load(file.read_text())['steps']:
            made.step(step)
    sets = ''.join(f'{name} {words}\n' for words, name in made.words.items())
    packets = ''.join(f'packets({name}).\n' for name in ['any', *made.words.values()])
    return '\n'.join(sorted(made.rules, key=lambda rule: rule.startswith('%'))) + '\n' + packets, sets, made.count
