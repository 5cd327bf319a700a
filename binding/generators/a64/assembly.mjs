// The ASSEMBLY column: text with {operands}. Parsed into pieces here, turned into C++ by disassembler.mjs.
// Grammar: ../README.md, "Assembly".

import { checkExpression } from './expression.mjs';

const REGISTER = /^(R[a-z]\d?)(\+([1-3]))?(\|SP)?$/;
const REGISTER_KINDS = ['x', 'w', 'b', 'h', 's', 'd', 'q', 'v'];
/** Functions that expressions may call; isa/assembly_writer.h has them. */
export const FUNCTIONS = ['sx'];
/** Names besides the fields. */
export const VARIABLES = ['pc', 'word'];

/** The letter after an expression's colon to the function of AssemblyWriter. */
const NUMBER_FORMATS = { '': 'number', d: 'decimal', a: 'address' };

const MACROS = {
  cond: '{cond:eq|ne|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al|nv}',
  // The arrangement of a vector of elements of `size` in half or the whole of a register.
  T: '{size,Q:8b|16b|4h|8h|2s|4s|1d|2d}',
};

/** Pieces: {text}, {register...}, {expression, format}, {choice...}, {helper}. */
export function parseAssembly(text, fields) {
  const expanded = text.replace(/\{%(\w+)\}/g, (_, name) => {
    if (!Object.hasOwn(MACROS, name)) throw new Error(`unknown macro {%${name}}`);
    return MACROS[name];
  });
  if (expanded === '') throw new Error('empty');
  return parsePieces(expanded, fields);
}

function parsePieces(text, fields) {
  const pieces = [];
  let literal = '';
  for (let i = 0; i < text.length; i += 1) {
    const pair = text.slice(i, i + 2);
    if (pair === '{{' || pair === '}}') {
      literal += pair[0];
      i += 1;
    } else if (text[i] === '{') {
      const end = closing(text, i);
      if (literal !== '') pieces.push({ kind: 'text', text: literal });
      literal = '';
      pieces.push(parseOperand(text.slice(i + 1, end), fields));
      i = end;
    } else if (text[i] === '}') {
      throw new Error('"}" without "{"');
    } else {
      literal += text[i];
    }
  }
  if (literal !== '') pieces.push({ kind: 'text', text: literal });
  return pieces;
}

function closing(text, open) {
  let depth = 0;
  for (let i = open; i < text.length; i += 1) {
    if (text[i] === '{') depth += 1;
    if (text[i] === '}') depth -= 1;
    if (depth === 0) return i;
  }
  throw new Error('"{" without "}"');
}

function splitTop(text, separator) {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === separator && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function parseOperand(text, fields) {
  const names = fields.map((field) => field.name);
  if (text.startsWith('@')) {
    if (!/^@[a-z][a-z0-9_]*$/.test(text)) throw new Error(`"{${text}}" names no helper`);
    return { kind: 'helper', name: text.slice(1) };
  }
  const colon = text.indexOf(':');
  const head = colon < 0 ? text : text.slice(0, colon);
  const tail = colon < 0 ? undefined : text.slice(colon + 1);
  const register = REGISTER.exec(head);
  if (register) return parseRegister(text, register, tail, names);
  if (head.startsWith('=') && (tail === undefined || Object.hasOwn(NUMBER_FORMATS, tail))) {
    checkExpression(head.slice(1), [...names, ...VARIABLES], FUNCTIONS);
    return { kind: 'expression', expression: head.slice(1), format: NUMBER_FORMATS[tail ?? ''] };
  }
  if (tail === undefined) {
    checkExpression(head, names);
    return { kind: 'expression', expression: head, format: NUMBER_FORMATS[''] };
  }
  return parseChoice(head, tail, fields);
}

function parseRegister(text, match, kind, names) {
  if (!names.includes(match[1])) throw new Error(`"{${text}}": no field "${match[1]}"`);
  if (kind !== undefined && !REGISTER_KINDS.includes(kind) && !names.includes(kind)) {
    throw new Error(`"{${text}}": register kind must be ${REGISTER_KINDS.join(' ')} or a field that chooses x`);
  }
  return { kind: 'register', field: match[1], plus: Number(match[3] ?? 0), sp: Boolean(match[4]), width: kind };
}

/** {field:text} is text when field is not 0; {a,b:t0|t1|...} picks by the number a:b. Alternatives may nest. */
function parseChoice(head, tail, fields) {
  const alternatives = splitTop(tail, '|').map((part) => parsePieces(part, fields));
  if (head.startsWith('=')) {
    const names = fields.map((field) => field.name);
    checkExpression(head.slice(1), [...names, ...VARIABLES], FUNCTIONS);
    return { kind: 'choice', expression: head.slice(1), alternatives };
  }
  const parts = head.split(',').map((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    if (!field) throw new Error(`"{${head}:...}": no field "${name}"`);
    return field;
  });
  const count = 2 ** parts.reduce((sum, field) => sum + field.width, 0);
  if (alternatives.length !== 1 && alternatives.length !== count) {
    throw new Error(`"{${head}:...}": ${alternatives.length} alternatives, must be 1 or ${count}`);
  }
  return { kind: 'choice', parts, alternatives };
}
