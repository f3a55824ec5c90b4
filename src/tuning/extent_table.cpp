// SPDX-License-Identifier: Apache-2.0
#include "tuning/extent_table.h"

#include "base/error.h"

namespace tn {

ExtentTable::ExtentTable(const std::vector<std::string>& symbols) {
  program_.symbols = static_cast<uint32_t>(symbols.size());
  for (size_t i = 0; i < symbols.size(); ++i) symbols_.emplace(symbols[i], static_cast<uint32_t>(i));
  for (const auto& symbol : symbols) index(Dim::symbol(symbol));
}

uint32_t ExtentTable::emit(ShapeFunction function, uint32_t a, uint32_t b, int64_t value) {
  program_.instructions.push_back({function, a, b, value});
  return static_cast<uint32_t>(program_.instructions.size() - 1);
}

uint32_t ExtentTable::compute_atom(const Dim::Atom& atom) {
  const auto found = values_.find(atom.text);
  if (found != values_.end()) return found->second;
  uint32_t value = 0;
  if (atom.kind == Dim::Kind::Symbol) {
    const auto symbol = symbols_.find(atom.text);
    internal_check(symbol != symbols_.end(), "no input tells the extent '{}'", atom.text);
    value = emit(ShapeFunction::Symbol, symbol->second);
  } else {
    const uint32_t a = compute(atom.a), b = compute(atom.b);
    const ShapeFunction function = atom.kind == Dim::Kind::FloorDiv ? ShapeFunction::FloorDiv
                                   : atom.kind == Dim::Kind::Min    ? ShapeFunction::Min
                                                                    : ShapeFunction::Max;
    value = emit(function, a, b);
  }
  values_.emplace(atom.text, value);
  return value;
}

uint32_t ExtentTable::compute(const Dim& dim) {
  const std::string text = dim.to_string();
  if (const auto found = values_.find(text); found != values_.end()) return found->second;
  std::optional<uint32_t> sum;
  const auto add = [&](uint32_t value) { sum = sum ? emit(ShapeFunction::Add, *sum, value) : value; };
  for (const auto& term : dim.terms()) {
    std::optional<uint32_t> product;
    if (term.coefficient != 1) product = compute(Dim(term.coefficient));
    for (const auto& atom : term.atoms) {
      const uint32_t factor = compute_atom(*atom);
      product = product ? emit(ShapeFunction::Mul, *product, factor) : factor;
    }
    add(*product);
  }
  if (dim.is_constant())
    sum = emit(ShapeFunction::Constant, 0, 0, dim.constant_part());
  else if (dim.constant_part() != 0)
    add(compute(Dim(dim.constant_part())));
  values_.emplace(text, *sum);
  return *sum;
}

uint32_t ExtentTable::index(const Dim& dim) {
  const std::string text = dim.to_string();
  if (const auto found = results_.find(text); found != results_.end()) return found->second;
  program_.results.push_back(compute(dim));
  result_dims_.push_back(dim);
  const auto result = static_cast<uint32_t>(program_.results.size() - 1);
  results_.emplace(text, result);
  return result;
}

std::vector<uint32_t> ExtentTable::indices(const Dims& dims) {
  std::vector<uint32_t> result;
  for (const Dim& dim : dims) result.push_back(index(dim));
  return result;
}

uint32_t ExtentTable::block(const Dims& values) {
  const auto first = static_cast<uint32_t>(program_.results.size());
  for (const Dim& value : values) {
    program_.results.push_back(compute(value));
    result_dims_.push_back(value);
  }
  return first;
}

std::vector<DimRange> ExtentTable::ranges(const SymbolRanges& symbols) const {
  std::vector<DimRange> result;
  for (const Dim& dim : result_dims_) result.push_back(range_of(dim, symbols));
  return result;
}

}  // namespace tn
