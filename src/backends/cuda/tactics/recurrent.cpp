// SPDX-License-Identifier: Apache-2.0
#include "ops/rnn/recurrent.h"

#include <fmt/format.h>

#include <cctype>
#include <optional>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/scalar_text.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

constexpr uint32_t kThreads = 256;

// A block takes one sequence of one direction through all its steps; a warp makes the sums of a unit. Behind it stands
// one of the three steps, which reads h and cell and writes `next` and cell.
constexpr std::string_view kLayer = R"cuda(
TN_INLINE sum_t bounded(sum_t x) { return CLIP > 0 ? (x < -CLIP ? -CLIP : x > CLIP ? CLIP : x) : x; }
TN_INLINE sum_t over_warp(sum_t x) {
  for (int distance = 16; distance > 0; distance /= 2) x += __shfl_xor_sync(0xffffffffu, x, distance);
  return x;
}
extern "C" __global__ void __launch_bounds__(256) ENTRY(PARAMETERS) {
  __shared__ sum_t h[HIDDEN], next[HIDDEN], cell[HIDDEN], update[HIDDEN], gated[HIDDEN];
  const index_t b = blockIdx.x, d = blockIdx.y, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const bool backwards = REVERSE || d == 1;
  const int64_t steps = STEPS, given = LENGTH, length = given < 0 ? 0 : given > steps ? steps : given;
  for (index_t j = threadIdx.x; j < HIDDEN; j += 256) h[j] = FIRST_STATE, cell[j] = FIRST_CELL;
  __syncthreads();
  for (int64_t i = 0; i < steps; ++i) {
    const index_t t = (index_t)(backwards && i < length ? length - 1 - i : i);
    const auto from_input = [&](index_t gate, index_t j) {
      const index_t row = gate * HIDDEN + j;
      sum_t sum = 0;
      for (index_t k = lane; k < INPUTS; k += 32) sum += (sum_t)to_compute(W) * (sum_t)to_compute(X);
      return over_warp(sum) + BIAS_W;
    };
    const auto from_state = [&](index_t gate, index_t j, const sum_t* state) {
      const index_t row = gate * HIDDEN + j;
      sum_t sum = 0;
      for (index_t k = lane; k < HIDDEN; k += 32) sum += (sum_t)to_compute(R) * state[k];
      return over_warp(sum) + BIAS_R;
    };
    const auto peephole = [&](index_t gate, index_t j) { return (sum_t)PEEPHOLE; };
    if (i < length) {
      STEP
      __syncthreads();
      for (index_t j = threadIdx.x; j < HIDDEN; j += 256) h[j] = next[j];
    }
    for (index_t j = threadIdx.x; j < HIDDEN; j += 256) store(&Y, i < length ? h[j] : (sum_t)0);
    __syncthreads();
  }
  for (index_t j = threadIdx.x; j < HIDDEN; j += 256) { LAST }
}
)cuda";

constexpr std::string_view kRnnStep =
    "for (index_t j = warp; j < HIDDEN; j += 8) {"
    "  const sum_t x = activate0(d, from_input(0, j) + from_state(0, j, h));"
    "  if (lane == 0) next[j] = x;"
    "}";
// Gates z, r, h.
constexpr std::string_view kGruStep =
    "for (index_t j = warp; j < HIDDEN; j += 8) {"
    "  const sum_t r = activate0(d, from_input(1, j) + from_state(1, j, h));"
    "  const sum_t z = activate0(d, from_input(0, j) + from_state(0, j, h));"
    "  if (lane == 0) update[j] = z, gated[j] = LINEAR_BEFORE_RESET ? r : r * h[j];"
    "}"
    "__syncthreads();"
    "for (index_t j = warp; j < HIDDEN; j += 8) {"
    "  const sum_t state = LINEAR_BEFORE_RESET ? gated[j] * from_state(2, j, h) : from_state(2, j, gated);"
    "  const sum_t x = (1 - update[j]) * activate1(d, from_input(2, j) + state) + update[j] * h[j];"
    "  if (lane == 0) next[j] = x;"
    "}";
// Gates i, o, f, c; peepholes i, o, f.
constexpr std::string_view kLstmStep =
    "for (index_t j = warp; j < HIDDEN; j += 8) {"
    "  sum_t c = cell[j];"
    "  const sum_t in = activate0(d, from_input(0, j) + from_state(0, j, h) + peephole(0, j) * c);"
    "  const sum_t forget = INPUT_FORGET ? 1 - in"
    "      : activate0(d, from_input(2, j) + from_state(2, j, h) + peephole(2, j) * c);"
    "  c = forget * c + in * activate1(d, from_input(3, j) + from_state(3, j, h));"
    "  const sum_t out = activate0(d, from_input(1, j) + from_state(1, j, h) + peephole(1, j) * c);"
    "  if (lane == 0) cell[j] = c, next[j] = out * activate2(d, c);"
    "}";

struct Kind {
  std::string_view op, step;
  std::vector<std::string> activations;  ///< the defaults
};
const Kind* kind_of(std::string_view op) {
  static const Kind kKinds[] = {
      {"RNN", kRnnStep, {"tanh"}},
      {"GRU", kGruStep, {"sigmoid", "tanh"}},
      {"LSTM", kLstmStep, {"sigmoid", "tanh", "tanh"}},
  };
  for (const Kind& kind : kKinds)
    if (kind.op == op) return &kind;
  return nullptr;
}

struct Activation {
  std::string_view name;
  int parameters;
  double alpha, beta;
  std::string_view text;  ///< of x; {0} is alpha, {1} beta
};
constexpr Activation kActivations[] = {
    {"sigmoid", 0, 0, 0, "1 / (1 + exp(-x))"},
    {"tanh", 0, 0, 0, "tanh(x)"},
    {"relu", 0, 0, 0, "x > 0 ? x : 0"},
    {"softsign", 0, 0, 0, "x / (1 + fabs(x))"},
    {"softplus", 0, 0, 0, "(x > 0 ? x : 0) + log1p(exp(-fabs(x)))"},
    {"leakyrelu", 1, 0.01, 0, "x >= 0 ? x : {0} * x"},
    {"thresholdedrelu", 1, 1, 0, "x >= {0} ? x : 0"},
    {"elu", 1, 1, 0, "x >= 0 ? x : {0} * expm1(x)"},
    {"affine", 2, 1, 0, "{0} * x + {1}"},
    {"scaledtanh", 2, 1, 1, "{0} * tanh({1} * x)"},
    {"hardsigmoid", 2, 0.2, 0.5, "fmin(fmax({0} * x + {1}, (sum_t)0), (sum_t)1)"},
};

const Activation* activation_of(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Activation& activation : kActivations)
    if (activation.name == name) return &activation;
  return nullptr;
}

std::string number(double value) {
  return fmt::format("(sum_t){}", literal(ScalarType::F64, ScalarValue{.f = value}));
}

// activate0(d, x), activate1(d, x) …
std::string activations(const ops::RecurrentAttributes& a, const Kind& kind) {
  std::vector<std::string> names = a.activations;
  for (int64_t i = 0; a.activations.empty() && i < a.directions(); ++i)
    names.insert(names.end(), kind.activations.begin(), kind.activations.end());
  std::vector<std::string> texts;
  size_t alpha = 0, beta = 0;
  for (const std::string& name : names) {
    Activation activation = *activation_of(name);
    if (activation.parameters > 0 && alpha < a.activation_alpha.size()) activation.alpha = a.activation_alpha[alpha++];
    if (activation.parameters > 1 && beta < a.activation_beta.size()) activation.beta = a.activation_beta[beta++];
    texts.push_back(fmt::format(fmt::runtime(activation.text), number(activation.alpha), number(activation.beta)));
  }
  std::string functions;
  const size_t each = kind.activations.size();
  for (size_t k = 0; k < each; ++k)
    functions += fmt::format(
        "TN_INLINE sum_t activate{}(index_t d, sum_t x) {{\n  x = bounded(x);\n  return d == 0 ? "
        "(sum_t)({}) : (sum_t)({});\n}}\n",
        k, texts[k], texts[a.directions() == 2 ? each + k : k]);
  return functions;
}

class RecurrentTactic final : public ElementTactic<ops::Recurrent> {
 public:
  std::string_view name() const override { return "recurrent"; }

 protected:
  Support fits(const ops::Recurrent& op, const Region& region, const Target&) const override {
    constexpr int64_t kMostUnits = 1024;  // five vectors of them in shared memory, in double
    const auto hidden = region.input_type(region.anchor_inputs[2]).dims[2].constant();
    if (!hidden || *hidden > kMostUnits) return Support::no("more than 1024 units, or not known how many");
    for (const std::string& name : op.activations)
      if (!activation_of(name)) return Support::no("an activation that is not known");
    return {};
  }

  void lower(const ops::Recurrent& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    std::vector<std::optional<size_t>> place(8);
    for (size_t k = 0; k < place.size(); ++k)
      if (operands.add_input(region, lowering, k)) place[k] = operands.inputs.size() - 1;
    for (int i = 0; i < region.outputs(); ++i) operands.outputs.push_back(lowering.output(i));
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    operands.launch(lowering, text(op, place, operands, kernel, lowering));
  }

 private:
  static KernelText text(const ops::Recurrent& op, const std::vector<std::optional<size_t>>& place,
                         const Operands& operands, ElementKernel& kernel, const RegionLowering& lowering) {
    const Kind& kind = *kind_of(op.name());
    const bool batch_first = op.layout != 0;
    const Dims &x = kernel.input(0).dims, &r = kernel.input(2).dims;
    std::string defines;
    const auto define = [&](std::string_view name, const std::string& value) {
      defines += fmt::format("#define {} {}\n", name, value);
    };
    const auto optional = [&](size_t k, const std::vector<std::string>& at) -> std::string {
      return place[k] ? fmt::format("((sum_t)to_compute({}))", kernel.in(*place[k], at)) : "(sum_t)0";
    };
    const std::vector<std::string> state =
        batch_first ? std::vector<std::string>{"b", "d", "j"} : std::vector<std::string>{"d", "b", "j"};
    const std::string gates = fmt::format("{}u", kind.op == "LSTM" ? 4 : kind.op == "GRU" ? 3 : 1);
    defines += fmt::format("typedef {} sum_t;\n", kernel.output(0).type == DataType::F64 ? "double" : "float");
    define("CLIP", number(op.clip));
    define("HIDDEN", kernel.index()(r[2]));
    define("INPUTS", kernel.index()(x[2]));
    define("STEPS", fmt::format("(int64_t){}", kernel.index()(x[batch_first ? 1 : 0])));
    define("REVERSE", op.direction == ops::Direction::Reverse ? "true" : "false");
    define("LENGTH", place[4] ? fmt::format("convert<int64_t>({})", kernel.in(*place[4], {"b"})) : "steps");
    define("FIRST_STATE", optional(5, state));
    define("FIRST_CELL", optional(6, state));
    define("X", kernel.in(0, batch_first ? std::vector<std::string>{"b", "t", "k"}
                                         : std::vector<std::string>{"t", "b", "k"}));
    define("W", kernel.in(1, {"d", "row", "k"}));
    define("R", kernel.in(2, {"d", "row", "k"}));
    define("BIAS_W", optional(3, {"d", "row"}));
    define("BIAS_R", optional(3, {"d", fmt::format("(row + {} * HIDDEN)", gates)}));
    define("PEEPHOLE", optional(7, {"d", "(gate * HIDDEN + j)"}));
    define("Y", kernel.out(0, batch_first ? std::vector<std::string>{"b", "t", "d", "j"}
                                          : std::vector<std::string>{"t", "d", "b", "j"}));
    std::string last = fmt::format("store(&{}, h[j]);", kernel.out(1, state));
    if (operands.outputs.size() > 2) last += fmt::format(" store(&{}, cell[j]);", kernel.out(2, state));
    define("LAST", last);
    define("INPUT_FORGET", op.input_forget ? "true" : "false");
    define("LINEAR_BEFORE_RESET", op.linear_before_reset ? "true" : "false");
    define("STEP", std::string(kind.step));
    define("ENTRY", entry_name("recurrent", kind.op));
    std::vector<Operand> in, out;
    for (const int tensor : operands.inputs) in.push_back(operand(lowering, tensor));
    for (const int tensor : operands.outputs) out.push_back(operand(lowering, tensor));
    define("PARAMETERS", operand_parameters(in, out) + kernel.scalars().parameters());
    KernelText text;
    text.entry = entry_name("recurrent", kind.op);
    const size_t bounded = kLayer.find("TN_INLINE sum_t over_warp");
    text.source = fmt::format("{}{}{}{}{}{}", prelude(), kernel.index().declaration(), defines,
                              kLayer.substr(0, bounded), activations(op, kind), kLayer.substr(bounded));
    text.block = {kThreads, 1, 1};
    text.grid = {x[batch_first ? 0 : 1], op.directions(), 1};
    text.scalars = kernel.scalars().values();
    return text;
  }
};

}  // namespace

const Tactic& recurrent() {
  static const RecurrentTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
