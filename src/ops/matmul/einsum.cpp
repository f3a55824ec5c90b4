// SPDX-License-Identifier: Apache-2.0
// Einsum as transposes, products, matrix products and sums.
#include <algorithm>
#include <string>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"

namespace tn::ops {
namespace {

/// A tensor whose axes carry labels. Axes of an ellipsis are labelled '0' … '7', '7' the last.
struct Term {
  TensorId tensor;
  std::string labels;
  bool has(char label) const { return labels.find(label) != std::string::npos; }
};

struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

std::string expand_ellipsis(const std::string& labels, size_t hidden) {
  const size_t at = labels.find("...");
  if (at == std::string::npos) return labels;
  return labels.substr(0, at) + std::string("01234567").substr(8 - hidden) + labels.substr(at + 3);
}

// Without "->" the output has the ellipsis and every label that occurs once, in alphabetical order.
std::string implicit_output(const std::string& inputs) {
  std::string output = inputs.find("...") == std::string::npos ? "" : "...";
  for (char label = 'A'; label <= 'z'; ++label) {
    if (std::isalpha(static_cast<unsigned char>(label)) && std::count(inputs.begin(), inputs.end(), label) == 1)
      output += label;
  }
  return output;
}

Equation parse(const NodeView& node) {
  std::string text = node.text("equation", "");
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  const std::string inputs = text.substr(0, arrow);
  Equation equation{{}, arrow == std::string::npos ? implicit_output(inputs) : text.substr(arrow + 2)};
  for (size_t begin = 0; begin <= inputs.size();) {
    const size_t end = std::min(inputs.find(',', begin), inputs.size());
    equation.inputs.push_back(inputs.substr(begin, end - begin));
    begin = end + 1;
  }
  model_check(equation.inputs.size() == node.inputs.size(), "equation '{}' has not {} operands", text,
              node.inputs.size());
  size_t widest = 0;
  for (size_t i = 0; i < equation.inputs.size(); ++i) {
    std::string& labels = equation.inputs[i];
    const auto rank = static_cast<size_t>(node.type(node.input(i)).rank());
    const bool ellipsis = labels.find("...") != std::string::npos;
    const size_t named = labels.size() - (ellipsis ? 3 : 0);
    model_check(ellipsis ? named <= rank : named == rank, "operand {} is {}, which does not fit '{}'", i,
                to_string(node.type(node.input(i))), labels);
    if (ellipsis) widest = std::max(widest, rank - named);
    labels = expand_ellipsis(labels, rank - named);
  }
  equation.output = expand_ellipsis(equation.output, widest);
  return equation;
}

Term permuted(NodeView& node, const Term& x, const std::string& labels) {
  std::vector<int64_t> permutation;
  for (const char label : labels) permutation.push_back(static_cast<int64_t>(x.labels.find(label)));
  if (x.labels == labels) return x;
  return {transpose(node, x.tensor, permutation), labels};
}

Term summed(NodeView& node, const Term& x, const std::string& keep) {
  std::vector<int64_t> axes;
  std::string left;
  for (size_t i = 0; i < x.labels.size(); ++i) {
    if (keep.find(x.labels[i]) == std::string::npos)
      axes.push_back(static_cast<int64_t>(i));
    else
      left += x.labels[i];
  }
  if (axes.empty()) return x;
  return {reduce(node, "Sum", x.tensor, axes, false), left};
}

// A label that an operand has twice means its diagonal: what is off it is masked out and summed away.
Term diagonal(NodeView& node, Term x) {
  for (size_t i = 0; i < x.labels.size(); ++i) {
    const size_t j = x.labels.find(x.labels[i], i + 1);
    if (j == std::string::npos) continue;
    const TensorType type = node.type(x.tensor);
    const auto extent = type.dims[i].constant();
    model_check(extent.has_value() && type.dims[j] == type.dims[i], "the diagonal of {} needs equal, known extents",
                to_string(type));
    Shape shape = Shape::filled(type.rank(), 1);
    shape[static_cast<int>(i)] = shape[static_cast<int>(j)] = *extent;
    const auto eye = Constant::make(type.type, shape, [&](const TensorView& view) {
      for (int64_t k = 0; k < *extent; ++k) store_int64(view, k * (*extent + 1), 1);
    });
    const TensorId masked = compose(node, "Mul", {x.tensor, node.add_constant(eye)});
    x = {reduce(node, "Sum", masked, {static_cast<int64_t>(j)}, false), x.labels.erase(j, 1)};
    i = static_cast<size_t>(-1);  // begin again
  }
  return x;
}

// The operand with an axis for every label of `labels`, one wide where it has none.
TensorId spread(NodeView& node, const Term& x, const std::string& labels) {
  std::string own;
  std::vector<int64_t> added;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (x.has(labels[i]))
      own += labels[i];
    else
      added.push_back(static_cast<int64_t>(i));
  }
  const TensorId result = permuted(node, x, own).tensor;
  return added.empty() ? result : unsqueeze(node, result, added);
}

Dims extents(const NodeView& node, const Term& x, const std::string& labels) {
  Dims result;
  for (const char label : labels) result.push_back(node.type(x.tensor).dims[x.labels.find(label)]);
  return result;
}

/// How the labels of two operands take part in a matrix product.
struct Roles {
  std::string batch, left, inner, right;
};

Roles roles_of(const Term& a, const Term& b, const std::string& keep) {
  Roles roles;
  for (const char label : a.labels) {
    if (!b.has(label))
      roles.left += label;
    else if (keep.find(label) == std::string::npos)
      roles.inner += label;
    else
      roles.batch += label;
  }
  for (const char label : b.labels) {
    if (!a.has(label)) roles.right += label;
  }
  return roles;
}

// The operand as matrices: rows and columns are one axis each.
TensorId matrices(NodeView& node, const Term& x, const std::string& batch, const std::string& rows,
                  const std::string& columns) {
  Dims dims = extents(node, x, batch);
  dims.push_back(product(extents(node, x, rows)));
  dims.push_back(product(extents(node, x, columns)));
  return reshape(node, permuted(node, x, batch + rows + columns).tensor, dims);
}

// The product as one MatMul, unless an inner axis broadcasts.
std::optional<Term> contract(NodeView& node, const Term& a, const Term& b, const Roles& roles) {
  if (extents(node, a, roles.inner) != extents(node, b, roles.inner)) return std::nullopt;
  const TensorId y = matmul(node, matrices(node, a, roles.batch, roles.left, roles.inner),
                            matrices(node, b, roles.batch, roles.inner, roles.right));
  const TensorType& type = node.type(y);
  Dims dims(type.dims.begin(), type.dims.end() - 2);
  for (const Dim& dim : extents(node, a, roles.left)) dims.push_back(dim);
  for (const Dim& dim : extents(node, b, roles.right)) dims.push_back(dim);
  return Term{reshape(node, y, dims), roles.batch + roles.left + roles.right};
}

// The product of two operands, summed over the labels that nothing needs any more.
Term multiply(NodeView& node, const Term& first, const Term& second, const std::string& keep) {
  const Term a = summed(node, first, keep + second.labels), b = summed(node, second, keep + first.labels);
  const Roles roles = roles_of(a, b, keep);
  if (!roles.inner.empty()) {
    if (auto product = contract(node, a, b, roles)) return *product;
  }
  const std::string all = roles.batch + roles.left + roles.inner + roles.right;
  const TensorId product = compose(node, "Mul", {spread(node, a, all), spread(node, b, all)});
  return summed(node, {product, all}, keep);
}

std::vector<TensorId> import_einsum(NodeView& node) {
  const Equation equation = parse(node);
  std::vector<Term> terms;
  for (size_t i = 0; i < node.inputs.size(); ++i) terms.push_back(diagonal(node, {node.input(i), equation.inputs[i]}));
  Term result = terms[0];
  for (size_t i = 1; i < terms.size(); ++i) {
    std::string keep = equation.output;
    for (size_t later = i + 1; later < terms.size(); ++later) keep += terms[later].labels;
    result = multiply(node, result, terms[i], keep);
  }
  result = summed(node, result, equation.output);
  model_check(result.labels.size() == equation.output.size(), "the output labels '{}' are not those of the operands",
              equation.output);
  return {permuted(node, result, equation.output).tensor};
}

constexpr OnnxImporter kOnnx[] = {{"Einsum", 12, import_einsum}};

}  // namespace

extern const OpEntry einsum_entry = {"Einsum", nullptr, kOnnx, {}};

}  // namespace tn::ops
