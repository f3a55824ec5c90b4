// SPDX-License-Identifier: Apache-2.0
#include "ops/rnn/reference/activation.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tn::ops {
namespace {

struct Known {
  std::string_view name;
  int parameters;  ///< how many of alpha and beta it has
  Activation activation;
};

// Names are compared without regard to case, as ONNX's own exporters mix it.
const Known kKnown[] = {
    {"sigmoid", 0, {[](double x, double, double) { return 1 / (1 + std::exp(-x)); }}},
    {"tanh", 0, {[](double x, double, double) { return std::tanh(x); }}},
    {"relu", 0, {[](double x, double, double) { return std::max(x, 0.0); }}},
    {"softsign", 0, {[](double x, double, double) { return x / (1 + std::fabs(x)); }}},
    {"softplus", 0, {[](double x, double, double) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }}},
    {"leakyrelu", 1, {[](double x, double alpha, double) { return x >= 0 ? x : alpha * x; }, 0.01}},
    {"thresholdedrelu", 1, {[](double x, double alpha, double) { return x >= alpha ? x : 0; }, 1}},
    {"elu", 1, {[](double x, double alpha, double) { return x >= 0 ? x : alpha * std::expm1(x); }, 1}},
    {"affine", 2, {[](double x, double alpha, double beta) { return alpha * x + beta; }, 1, 0}},
    {"scaledtanh", 2, {[](double x, double alpha, double beta) { return alpha * std::tanh(beta * x); }, 1, 1}},
    {"hardsigmoid",
     2,
     {[](double x, double alpha, double beta) { return std::clamp(alpha * x + beta, 0.0, 1.0); }, 0.2, 0.5}},
};

const Known& find_activation(const std::string& name) {
  std::string lower = name;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Known& known : kKnown) {
    if (known.name == lower) return known;
  }
  throw Error(ErrorCode::InvalidModel, "no activation is called '{}'", name);
}

}  // namespace

std::vector<Activation> resolve_activations(const RecurrentAttributes& a, std::span<const std::string> defaults) {
  std::vector<std::string> names = a.activations;
  for (int64_t i = 0; a.activations.empty() && i < a.directions(); ++i)
    names.insert(names.end(), defaults.begin(), defaults.end());
  std::vector<Activation> result;
  size_t alpha = 0, beta = 0;
  for (const std::string& name : names) {
    const Known& known = find_activation(name);
    result.push_back(known.activation);
    if (known.parameters > 0 && alpha < a.activation_alpha.size()) result.back().alpha = a.activation_alpha[alpha++];
    if (known.parameters > 1 && beta < a.activation_beta.size()) result.back().beta = a.activation_beta[beta++];
  }
  return result;
}

void check_activations(const RecurrentAttributes& a, size_t count) {
  const size_t needed = count * static_cast<size_t>(a.directions());
  model_check(a.activations.empty() || a.activations.size() == needed, "{} activations where {} are needed",
              a.activations.size(), needed);
  for (const std::string& name : a.activations) find_activation(name);
}

}  // namespace tn::ops
