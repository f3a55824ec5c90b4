// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tn {

/// An integer expression over named symbols, in a canonical form: equal expressions that differ only by ring
/// arithmetic compare equal (2*N - N == N). A symbol stands for a tensor extent and is taken to be at least 1 where
/// exact quotients are formed (N*6 / N == 6). Immutable and cheap to copy.
class Dim {
 public:
  Dim(int64_t value = 0) : constant_(value) {}  // NOLINT(google-explicit-constructor): a number is a Dim
  static Dim symbol(std::string name);
  /// Reads what to_string wrote. Throws Error(InvalidArgument).
  static Dim parse(std::string_view text);

  bool is_constant() const { return terms_ == nullptr; }
  std::optional<int64_t> constant() const { return is_constant() ? std::optional(constant_) : std::nullopt; }

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend bool operator==(const Dim& a, const Dim& b) { return a.key() == b.key(); }

  /// Quotients round toward minus infinity (floor) or plus infinity (ceil). A zero constant divisor throws
  /// Error(InvalidModel).
  static Dim floor_div(const Dim& a, const Dim& b);
  static Dim ceil_div(const Dim& a, const Dim& b);
  static Dim mod(const Dim& a, const Dim& b);
  static Dim min(const Dim& a, const Dim& b);
  static Dim max(const Dim& a, const Dim& b);

  enum class Kind : uint8_t { Symbol, FloorDiv, Min, Max };
  struct Atom;
  using AtomPtr = std::shared_ptr<const Atom>;
  /// coefficient × product of atoms (sorted by text, repeated for powers).
  struct Term {
    int64_t coefficient;
    std::vector<AtomPtr> atoms;
  };
  /// Non-constant terms, sorted; the constant part is constant_part().
  const std::vector<Term>& terms() const;
  int64_t constant_part() const { return constant_; }

  /// Replaces symbols by expressions; symbols for which `replace` gives nullopt stay.
  Dim substitute(const std::function<std::optional<Dim>(const std::string&)>& replace) const;
  /// Value under an assignment. Throws Error(InvalidArgument) naming a symbol that has no value.
  int64_t evaluate(const std::map<std::string, int64_t>& symbols) const;
  /// Names of all symbols in the expression, in order of first appearance.
  std::vector<std::string> symbols() const;

  /// Canonical text: "N", "2*N + 1", "floordiv(H - 1, 2)".
  std::string to_string() const { return key(); }

 private:
  static Dim from_terms(int64_t constant, std::vector<Term> terms);
  static Dim from_atom(AtomPtr atom);
  std::string key() const;

  int64_t constant_ = 0;
  std::shared_ptr<const std::vector<Term>> terms_;
};

struct Dim::Atom {
  Kind kind;
  std::string text;  ///< canonical, the sort key
  Dim a, b;          ///< operands of FloorDiv, Min, Max
};

using Dims = std::vector<Dim>;

/// Smallest and largest value of a dimension over ranges of its symbols (interval arithmetic, so not always tight).
struct DimRange {
  int64_t min = 0, max = 0;
};
using SymbolRanges = std::map<std::string, DimRange, std::less<>>;
DimRange range_of(const Dim& dim, const SymbolRanges& ranges);

Dim product(const Dims& dims);
/// "[N,3,224,224]".
std::string to_string(const Dims& dims);

}  // namespace tn
