// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/libraries/cudnn_conv.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

#include "base/error.h"
#include "base/fields.h"

namespace tn::cuda {
namespace {

using cudnn::Attribute;
using cudnn::Kind;
using cudnn::Type;

enum Id : int64_t { kX = 1, kW, kBias, kResidual, kY, kFirstBetween };

cudnn::ElementType type_of(DataType type) {
  if (type == DataType::F16) return cudnn::ElementType::F16;
  return type == DataType::BF16 ? cudnn::ElementType::BF16 : cudnn::ElementType::F32;
}

/// Strides of N, C, spatial axes with channels innermost and no gaps.
std::vector<int64_t> channels_last(const std::vector<int64_t>& dims) {
  std::vector<int64_t> strides(dims.size());
  strides[1] = 1;
  int64_t next = dims[1];
  for (size_t axis = dims.size(); axis-- > 2;) {
    strides[axis] = next;
    next *= dims[axis];
  }
  strides[0] = next;
  return strides;
}

}  // namespace

CudnnConv::CudnnConv(const ConvStep& step, Device& device)
    : library_(Cudnn::get()), handle_(library_.handle(device)), step_(step), graph_(library_, Kind::Graph) {
  build_graph();
}

CudnnObject& CudnnConv::keep(CudnnObject object) {
  return *objects_.emplace_back(std::make_unique<CudnnObject>(std::move(object)));
}

CudnnObject& CudnnConv::tensor(int64_t id, DataType type, const std::vector<int64_t>& dims,
                               const std::vector<int64_t>& strides, bool is_virtual) {
  CudnnObject tensor(library_, Kind::Tensor);
  tensor.set(Attribute::TensorType, Type::ElementType, type_of(type))
      .set(Attribute::TensorDims, dims)
      .set(Attribute::TensorStrides, strides)
      .set(Attribute::TensorId, Type::Int64, id)
      .set(Attribute::TensorAlignment, Type::Int64, step_.alignment)
      .set(Attribute::TensorIsVirtual, Type::Boolean, is_virtual)
      .finish();
  return keep(std::move(tensor));
}

CudnnObject& CudnnConv::convolution(const CudnnObject& x, const CudnnObject& w, const CudnnObject& y) {
  CudnnObject convolution(library_, Kind::Convolution);
  convolution.set(Attribute::ConvolutionType, Type::ElementType, cudnn::ElementType::F32)
      .set(Attribute::ConvolutionMode, Type::ConvolutionMode, cudnn::ConvolutionMode::CrossCorrelation)
      .set(Attribute::ConvolutionAxes, Type::Int64, static_cast<int64_t>(step_.strides.size()))
      .set(Attribute::ConvolutionPadsBefore, step_.pads_before)
      .set(Attribute::ConvolutionPadsAfter, step_.pads_after)
      .set(Attribute::ConvolutionStrides, step_.strides)
      .set(Attribute::ConvolutionDilations, step_.dilations)
      .finish();
  CudnnObject operation(library_, Kind::ConvolutionForward);
  operation.set(Attribute::ForwardConvolution, keep(std::move(convolution)))
      .set(Attribute::ForwardX, x)
      .set(Attribute::ForwardW, w)
      .set(Attribute::ForwardY, y)
      .set(Attribute::ForwardAlpha, Type::Float, 1.f)
      .set(Attribute::ForwardBeta, Type::Float, 0.f)
      .finish();
  return keep(std::move(operation));
}

CudnnObject& CudnnConv::pointwise(cudnn::PointwiseMode mode, const CudnnObject& x, const CudnnObject* b,
                                  const CudnnObject& y) {
  CudnnObject pointwise(library_, Kind::Pointwise);
  pointwise.set(Attribute::PointwiseMode, Type::PointwiseMode, mode)
      .set(Attribute::PointwisePrecision, Type::ElementType, cudnn::ElementType::F32)
      .finish();
  CudnnObject operation(library_, Kind::PointwiseOperation);
  operation.set(Attribute::PointwiseDescriptor, keep(std::move(pointwise))).set(Attribute::PointwiseX, x);
  if (b) operation.set(Attribute::PointwiseB, *b);
  operation.set(Attribute::PointwiseY, y).finish();
  return keep(std::move(operation));
}

// The convolution, then whatever follows it, one after another; what lies between them is never stored.
void CudnnConv::build_graph() {
  const auto out_strides = channels_last(step_.y);
  const CudnnObject& y = tensor(kY, step_.result, step_.y, step_.y_strides, false);
  int rest = (step_.has_bias ? 1 : 0) + (step_.has_residual ? 1 : 0) + (step_.activation != ConvStep::Activation::None);
  int64_t between = kFirstBetween;
  const auto next = [&]() -> const CudnnObject& {
    return rest-- == 0 ? y : tensor(between++, DataType::F32, step_.y, out_strides, true);
  };
  const CudnnObject* at = &next();
  operations_.push_back(convolution(tensor(kX, step_.type, step_.x, step_.x_strides, false),
                                    tensor(kW, step_.type, step_.w, channels_last(step_.w), false), *at)
                            .get());
  const auto follow = [&](cudnn::PointwiseMode mode, const CudnnObject* b) {
    const CudnnObject& result = next();
    operations_.push_back(pointwise(mode, *at, b, result).get());
    at = &result;
  };
  if (step_.has_bias) {
    std::vector<int64_t> dims(step_.y.size(), 1);
    dims[1] = step_.y[1];
    follow(cudnn::PointwiseMode::Add, &tensor(kBias, DataType::F32, dims, channels_last(dims), false));
  }
  if (step_.has_residual)
    follow(cudnn::PointwiseMode::Add, &tensor(kResidual, step_.result, step_.y, step_.residual_strides, false));
  if (step_.activation == ConvStep::Activation::Relu) follow(cudnn::PointwiseMode::Relu, nullptr);
  if (step_.activation == ConvStep::Activation::GeluTanh) follow(cudnn::PointwiseMode::GeluTanh, nullptr);
  graph_.set(Attribute::GraphHandle, Type::Handle, handle_)
      .set(Attribute::GraphOperations, Type::Descriptor, std::ssize(operations_), operations_.data())
      .finish();
}

CudnnConv::Way CudnnConv::read_way(const CudnnObject& config) const {
  Way way;
  const CudnnObject engine(library_, Kind::Engine);
  cudnn::Descriptor place = engine.get();
  int64_t count = 0;
  library_.check(library_.read(config.get(), Attribute::ConfigEngine, Type::Descriptor, 1, &count, &place),
                 "reading an engine");
  way.engine = engine.read<int64_t>(Attribute::EngineIndex, Type::Int64);
  constexpr int kMostKnobs = 64;
  std::vector<CudnnObject> knobs;
  std::vector<cudnn::Descriptor> places;
  for (int i = 0; i < kMostKnobs; ++i) places.push_back(knobs.emplace_back(library_, Kind::KnobChoice).get());
  library_.check(
      library_.read(config.get(), Attribute::ConfigKnobs, Type::Descriptor, kMostKnobs, &count, places.data()),
      "reading an engine");
  for (size_t i = 0; i < static_cast<size_t>(std::min<int64_t>(count, kMostKnobs)); ++i) {
    way.knob_types.push_back(knobs[i].read<int32_t>(Attribute::KnobType, Type::KnobType));
    way.knob_values.push_back(knobs[i].read<int64_t>(Attribute::KnobValue, Type::Int64));
  }
  return way;
}

std::vector<CudnnConv::Way> CudnnConv::ways(int most, int64_t workspace_bytes) const {
  CudnnObject heuristics(library_, Kind::Heuristics);
  heuristics.set(Attribute::HeuristicsGraph, graph_)
      .set(Attribute::HeuristicsMode, Type::HeuristicsMode, cudnn::HeuristicsMode::A);
  heuristics.finish();
  constexpr int kMostAnswers = 16;
  std::vector<CudnnObject> configs;
  std::vector<cudnn::Descriptor> places;
  for (int i = 0; i < kMostAnswers; ++i) places.push_back(configs.emplace_back(library_, Kind::EngineConfig).get());
  int64_t count = 0;
  if (library_.read(heuristics.get(), Attribute::HeuristicsResults, Type::Descriptor, kMostAnswers, &count,
                    places.data()) != cudnn::kSuccess)
    return {};
  std::vector<Way> ways;
  for (size_t i = 0; i < static_cast<size_t>(std::min<int64_t>(count, kMostAnswers)); ++i) {
    if (std::ssize(ways) == most) break;
    Way way = read_way(configs[i]);
    const auto made = plan(way);
    if (!made) continue;
    way.workspace_bytes = made->read<int64_t>(Attribute::PlanWorkspace, Type::Int64);
    if (way.workspace_bytes <= workspace_bytes) ways.push_back(std::move(way));
  }
  return ways;
}

// Whatever the library objects to, and wherever it does, the engine is not for this convolution.
std::optional<CudnnObject> CudnnConv::plan(const Way& way) const try {
  CudnnObject engine(library_, Kind::Engine);
  engine.set(Attribute::EngineGraph, graph_).set(Attribute::EngineIndex, Type::Int64, way.engine).finish();
  std::vector<CudnnObject> knobs;
  std::vector<cudnn::Descriptor> choices;
  for (size_t i = 0; i < way.knob_types.size(); ++i) {
    CudnnObject& knob = knobs.emplace_back(library_, Kind::KnobChoice);
    knob.set(Attribute::KnobType, Type::KnobType, static_cast<int32_t>(way.knob_types[i]))
        .set(Attribute::KnobValue, Type::Int64, way.knob_values[i])
        .finish();
    choices.push_back(knob.get());
  }
  CudnnObject config(library_, Kind::EngineConfig);
  config.set(Attribute::ConfigEngine, engine);
  if (!choices.empty()) config.set(Attribute::ConfigKnobs, Type::Descriptor, std::ssize(choices), choices.data());
  config.finish();
  CudnnObject plan(library_, Kind::Plan);
  plan.set(Attribute::PlanHandle, Type::Handle, handle_).set(Attribute::PlanConfig, config).finish();
  return plan;
} catch (const Error&) {
  return std::nullopt;
}

std::vector<CudnnConv::Way> known_ways(const ConvStep& step, Device& device, int most, int64_t workspace_bytes) {
  static std::mutex mutex;
  static std::map<std::tuple<std::vector<std::byte>, Device*, int, int64_t>, std::vector<CudnnConv::Way>> known;
  const std::tuple key{encode_fields(step), &device, most, workspace_bytes};
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  return known[key] = CudnnConv(step, device).ways(most, workspace_bytes);
}

CudnnCall::CudnnCall(const ConvStep& step, Device& device)
    : conv_(step, device), plan_(conv_.plan({step.engine, step.knob_types, step.knob_values})) {
  const Cudnn& library = conv_.library();
  if (!plan_)
    throw Error(ErrorCode::InvalidEngine,
                "{} {} does not take the engine {} that a convolution names, made with {}; build the engine again",
                Cudnn::kName, library.version(), step.engine, step.library);
  workspace_bytes_ = static_cast<size_t>(plan_->read<int64_t>(Attribute::PlanWorkspace, Type::Int64));
  ids_ = {kX, kW};
  if (step.has_bias) ids_.push_back(kBias);
  if (step.has_residual) ids_.push_back(kResidual);
  ids_.push_back(kY);
}

Status CudnnCall::enqueue(void* stream, std::span<const uint64_t> arguments) const noexcept {
  try {
    const Cudnn& library = conv_.library();
    void* const workspace = workspace_bytes_ > 0 ? reinterpret_cast<void*>(arguments[ids_.size()]) : nullptr;
    CudnnObject pack(library, Kind::VariantPack);
    pack.set(Attribute::PackIds, ids_)
        .set(Attribute::PackPointers, Type::Pointer, std::ssize(ids_), arguments.data())
        .set(Attribute::PackWorkspace, Type::Pointer, workspace)
        .finish();
    library.check(library.execute(conv_.handle(), stream, plan_->get(), pack.get()), "a convolution");
  } catch (const Error& error) {
    return Status::failure(error);
  }
  return {};
}

}  // namespace tn::cuda
