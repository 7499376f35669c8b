#!/usr/bin/env python3
"""The same step templates, translated to Prolog (step_rules.py, step_meanings.pl) and evaluated by SWI-Prolog's
tabling, derive the same facts as the attack graph: on the examples and on random models, for no failure, for all
of them, and for random sets of failed layers. Skipped, and said so, where there is no swipl. All 2,000 by hand:
--count 2000."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import step_rules

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
SHOWN = 40  # differences


def examples():
    for folder in sorted((SOURCE / 'examples').iterdir()):
        if not folder.is_dir():
            continue
        whole = (folder / 'hosts.yaml').exists()  # a folder of files that are one model
        yield folder if whole else folder / 'model.yaml'
        yield from sorted((folder / 'variants').glob('*.yaml'))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--count', type=int, default=200, help='random models')
    parser.add_argument('--first', type=int, default=0, help='seed of the first')
    parser.add_argument('--sets', type=int, default=4, help='random sets of failed layers of each model')
    parser.add_argument('--no-examples', action='store_true')
    chosen = parser.parse_args()
    swipl = shutil.which('swipl')
    if swipl is None:
        print('skipped: no swipl (apt install swi-prolog-nox)')
        return 77
    program = os.environ['VAUBAN_ATTACK_FACTS']
    rules, words, templates = step_rules.translate(SOURCE / 'knowledge' / 'steps')
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / 'words').write_text(words)
        (place / 'rules.pl').write_text(f":- include('{HERE / 'step_meanings.pl'}').\n{rules}")
        inputs = []
        calls = [['random', str(chosen.first), str(chosen.count)]]
        if not chosen.no_examples:
            calls.append(['models', *map(str, examples())])
        for number, call in enumerate(calls):
            inputs.append(place / f'facts{number}.pl')
            with open(inputs[-1], 'w') as out:
                subprocess.run([program, str(place / 'words'), str(chosen.sets), *call], stdout=out, check=True)
        ran = subprocess.run([swipl, '--stack-limit=4g', '-g', 'main', '-t', 'halt', str(place / 'rules.pl'), '--',
                              *map(str, inputs)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = ran.stdout.splitlines()
    print('\n'.join(lines[:-1][:SHOWN]))
    print(f'{templates} templates; {lines[-1] if lines else "swipl said nothing"}')
    return 0 if ran.returncode == 0 and lines and lines[-1].endswith(', 0 differences') else 1


if __name__ == '__main__':
    sys.exit(main())
