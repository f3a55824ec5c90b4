// SPDX-License-Identifier: Apache-2.0
#include "ir/dim.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace tn {
namespace {

int64_t checked_multiply(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) {
    throw Error(ErrorCode::InvalidModel, "a dimension overflows: {} * {}", a, b);
  }
  return result;
}

int64_t checked_add(int64_t a, int64_t b) {
  int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) {
    throw Error(ErrorCode::InvalidModel, "a dimension overflows: {} + {}", a, b);
  }
  return result;
}

int64_t floor_quotient(int64_t a, int64_t b) {
  if (b == 0) throw Error(ErrorCode::InvalidModel, "a dimension is divided by zero");
  if (b == -1) return checked_multiply(a, -1);
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

bool same_atoms(const std::vector<Dim::AtomPtr>& a, const std::vector<Dim::AtomPtr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x->text == y->text; });
}

bool atoms_less(const std::vector<Dim::AtomPtr>& a, const std::vector<Dim::AtomPtr>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const auto& x, const auto& y) { return x->text < y->text; });
}

// term / divisor if it divides without remainder.
std::optional<Dim::Term> divide_term(const Dim::Term& term, const Dim::Term& divisor) {
  if (divisor.coefficient == 0 || term.coefficient % divisor.coefficient != 0) return std::nullopt;
  Dim::Term quotient{term.coefficient / divisor.coefficient, term.atoms};
  for (const auto& atom : divisor.atoms) {
    const auto found = std::find_if(quotient.atoms.begin(), quotient.atoms.end(),
                                    [&](const auto& other) { return other->text == atom->text; });
    if (found == quotient.atoms.end()) return std::nullopt;
    quotient.atoms.erase(found);
  }
  return quotient;
}

std::string term_text(const Dim::Term& term, bool first) {
  std::string text;
  const int64_t c = term.coefficient;
  if (first)
    text = c < 0 ? "-" : "";
  else
    text = c < 0 ? " - " : " + ";
  const uint64_t magnitude = c < 0 ? 0 - static_cast<uint64_t>(c) : static_cast<uint64_t>(c);
  bool factor = false;
  if (magnitude != 1 || term.atoms.empty()) {
    text += fmt::format("{}", magnitude);
    factor = true;
  }
  for (const auto& atom : term.atoms) {
    if (factor) text += "*";
    text += atom->text;
    factor = true;
  }
  return text;
}

}  // namespace

Dim Dim::symbol(std::string name) {
  return from_atom(std::make_shared<const Atom>(Atom{Kind::Symbol, std::move(name), {}, {}}));
}

Dim Dim::from_atom(AtomPtr atom) {
  return from_terms(0, {Term{1, {std::move(atom)}}});
}

Dim Dim::from_terms(int64_t constant, std::vector<Term> terms) {
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return atoms_less(a.atoms, b.atoms); });
  std::vector<Term> merged;
  for (auto& term : terms) {
    if (term.atoms.empty())
      constant = checked_add(constant, term.coefficient);
    else if (!merged.empty() && same_atoms(merged.back().atoms, term.atoms)) {
      merged.back().coefficient = checked_add(merged.back().coefficient, term.coefficient);
    } else
      merged.push_back(std::move(term));
  }
  std::erase_if(merged, [](const Term& term) { return term.coefficient == 0; });
  Dim dim(constant);
  if (!merged.empty()) dim.terms_ = std::make_shared<const std::vector<Term>>(std::move(merged));
  return dim;
}

const std::vector<Dim::Term>& Dim::terms() const {
  static const std::vector<Term> kNone;
  return terms_ ? *terms_ : kNone;
}

std::string Dim::key() const {
  std::string text;
  for (const auto& term : terms()) text += term_text(term, text.empty());
  if (constant_ != 0 || text.empty()) text += term_text({constant_, {}}, text.empty());
  return text;
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return checked_add(a.constant_, b.constant_);
  std::vector<Dim::Term> terms = a.terms();
  terms.insert(terms.end(), b.terms().begin(), b.terms().end());
  return Dim::from_terms(checked_add(a.constant_, b.constant_), std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) {
  return a + b * Dim(-1);
}

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return checked_multiply(a.constant_, b.constant_);
  const auto all = [](const Dim& dim) {
    std::vector<Dim::Term> terms = dim.terms();
    if (dim.constant_ != 0) terms.push_back({dim.constant_, {}});
    return terms;
  };
  std::vector<Dim::Term> terms;
  for (const auto& x : all(a)) {
    for (const auto& y : all(b)) {
      Dim::Term term{checked_multiply(x.coefficient, y.coefficient), x.atoms};
      term.atoms.insert(term.atoms.end(), y.atoms.begin(), y.atoms.end());
      std::sort(term.atoms.begin(), term.atoms.end(), [](const auto& p, const auto& q) { return p->text < q->text; });
      terms.push_back(std::move(term));
    }
  }
  return Dim::from_terms(0, std::move(terms));
}

Dim Dim::floor_div(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return floor_quotient(a.constant_, b.constant_);
  if (a == b) return 1;
  if (a.is_constant() && a.constant_ == 0) return 0;
  // Terms that the divisor divides come out of the quotient whole.
  std::vector<Term> whole, rest;
  std::optional<Term> divisor;
  if (b.is_constant())
    divisor = Term{b.constant_, {}};
  else if (b.terms().size() == 1 && b.constant_ == 0)
    divisor = b.terms()[0];
  int64_t rest_constant = a.constant_;
  if (divisor) {
    for (const auto& term : a.terms()) {
      if (auto quotient = divide_term(term, *divisor))
        whole.push_back(std::move(*quotient));
      else
        rest.push_back(term);
    }
    int64_t whole_constant = 0;
    if (b.is_constant()) {
      whole_constant = floor_quotient(a.constant_, b.constant_);
      rest_constant = a.constant_ - whole_constant * b.constant_;
      if (rest.empty()) return from_terms(whole_constant, std::move(whole));
    } else if (rest.empty() && a.constant_ == 0) {
      return from_terms(0, std::move(whole));
    }
    if (!whole.empty() || whole_constant != 0) {
      return from_terms(whole_constant, std::move(whole)) + floor_div(from_terms(rest_constant, std::move(rest)), b);
    }
  }
  std::string text = fmt::format("floordiv({}, {})", a.key(), b.key());
  return from_atom(std::make_shared<const Atom>(Atom{Kind::FloorDiv, std::move(text), a, b}));
}

Dim Dim::ceil_div(const Dim& a, const Dim& b) {
  return floor_div(a * Dim(-1), b) * Dim(-1);
}

Dim Dim::mod(const Dim& a, const Dim& b) {
  return a - floor_div(a, b) * b;
}

namespace {

// The atom that the whole expression is, or null.
const Dim::Atom* only_atom(const Dim& dim) {
  const auto& terms = dim.terms();
  const bool single =
      dim.constant_part() == 0 && terms.size() == 1 && terms[0].coefficient == 1 && terms[0].atoms.size() == 1;
  return single ? terms[0].atoms[0].get() : nullptr;
}

// Whether a >= b follows from the form of the two: by a constant distance, or from a minimum in b or a maximum in a.
bool at_least(const Dim& a, const Dim& b) {
  if (const auto difference = (a - b).constant()) return *difference >= 0;
  const Dim::Atom* low = only_atom(b);
  if (low && low->kind == Dim::Kind::Min && (at_least(a, low->a) || at_least(a, low->b))) return true;
  const Dim::Atom* high = only_atom(a);
  return high && high->kind == Dim::Kind::Max && (at_least(high->a, b) || at_least(high->b, b));
}

}  // namespace

Dim Dim::min(const Dim& a, const Dim& b) {
  if (at_least(b, a)) return a;
  if (at_least(a, b)) return b;
  const bool swap = b.key() < a.key();
  const Dim &x = swap ? b : a, &y = swap ? a : b;
  return from_atom(std::make_shared<const Atom>(Atom{Kind::Min, fmt::format("min({}, {})", x.key(), y.key()), x, y}));
}

Dim Dim::max(const Dim& a, const Dim& b) {
  if (at_least(a, b)) return a;
  if (at_least(b, a)) return b;
  const bool swap = b.key() < a.key();
  const Dim &x = swap ? b : a, &y = swap ? a : b;
  return from_atom(std::make_shared<const Atom>(Atom{Kind::Max, fmt::format("max({}, {})", x.key(), y.key()), x, y}));
}

Dim Dim::substitute(const std::function<std::optional<Dim>(const std::string&)>& replace) const {
  Dim sum(constant_);
  for (const auto& term : terms()) {
    Dim value(term.coefficient);
    for (const auto& atom : term.atoms) {
      switch (atom->kind) {
        case Kind::Symbol:
          value = value * replace(atom->text).value_or(from_atom(atom));
          break;
        case Kind::FloorDiv:
          value = value * floor_div(atom->a.substitute(replace), atom->b.substitute(replace));
          break;
        case Kind::Min:
          value = value * min(atom->a.substitute(replace), atom->b.substitute(replace));
          break;
        case Kind::Max:
          value = value * max(atom->a.substitute(replace), atom->b.substitute(replace));
          break;
      }
    }
    sum = sum + value;
  }
  return sum;
}

int64_t Dim::evaluate(const std::map<std::string, int64_t>& symbols) const {
  const Dim value = substitute([&](const std::string& name) -> std::optional<Dim> {
    const auto found = symbols.find(name);
    if (found == symbols.end()) throw Error(ErrorCode::InvalidArgument, "dimension '{}' has no value", name);
    return Dim(found->second);
  });
  return value.constant_;
}

std::vector<std::string> Dim::symbols() const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const auto& term : terms()) {
    for (const auto& atom : term.atoms) {
      if (atom->kind == Kind::Symbol) {
        add(atom->text);
        continue;
      }
      for (const auto& name : atom->a.symbols()) add(name);
      for (const auto& name : atom->b.symbols()) add(name);
    }
  }
  return names;
}

namespace {

__extension__ using Wide = __int128;

// Ranges saturate: an unbounded symbol has the maximum of int64.
int64_t saturate(Wide value) {
  constexpr Wide kMax = std::numeric_limits<int64_t>::max(), kMin = std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(std::clamp(value, kMin, kMax));
}

DimRange multiply(const DimRange& a, const DimRange& b) {
  const Wide p[4] = {Wide{a.min} * b.min, Wide{a.min} * b.max, Wide{a.max} * b.min, Wide{a.max} * b.max};
  return {saturate(*std::min_element(p, p + 4)), saturate(*std::max_element(p, p + 4))};
}

DimRange atom_range(const Dim::Atom& atom, const SymbolRanges& ranges) {
  if (atom.kind == Dim::Kind::Symbol) {
    const auto found = ranges.find(atom.text);
    return found == ranges.end() ? DimRange{0, std::numeric_limits<int64_t>::max()} : found->second;
  }
  const DimRange a = range_of(atom.a, ranges), b = range_of(atom.b, ranges);
  switch (atom.kind) {
    case Dim::Kind::Min:
      return {std::min(a.min, b.min), std::min(a.max, b.max)};
    case Dim::Kind::Max:
      return {std::max(a.min, b.min), std::max(a.max, b.max)};
    default:
      break;
  }
  const DimRange divisor{std::max<int64_t>(b.min, 1), std::max<int64_t>(b.max, 1)};
  const int64_t q[4] = {floor_quotient(a.min, divisor.min), floor_quotient(a.min, divisor.max),
                        floor_quotient(a.max, divisor.min), floor_quotient(a.max, divisor.max)};
  return {*std::min_element(q, q + 4), *std::max_element(q, q + 4)};
}

}  // namespace

DimRange range_of(const Dim& dim, const SymbolRanges& ranges) {
  DimRange sum{dim.constant_part(), dim.constant_part()};
  for (const auto& term : dim.terms()) {
    DimRange product{term.coefficient, term.coefficient};
    for (const auto& atom : term.atoms) product = multiply(product, atom_range(*atom, ranges));
    sum = {saturate(Wide{sum.min} + product.min), saturate(Wide{sum.max} + product.max)};
  }
  return sum;
}

Dim product(const Dims& dims) {
  Dim result(1);
  for (const auto& dim : dims) result = result * dim;
  return result;
}

std::string to_string(const Dims& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) text += (i ? "," : "") + dims[i].to_string();
  return text + "]";
}

}  // namespace tn
