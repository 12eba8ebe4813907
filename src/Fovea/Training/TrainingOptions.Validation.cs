using System.Numerics;
using Fovea.Data;

namespace Fovea.Training;

/// <content>Checks of what options ask for.</content>
public sealed partial record TrainingOptions
{
    /// <summary>Checks that the options make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        Check(DropPath is null or (>= 0 and < 1), nameof(DropPath), "from 0 to below 1", DropPath!);
        Check(Dropout is null or (>= 0 and < 1), nameof(Dropout), "from 0 to below 1", Dropout!);
        Check(Epochs >= 1, nameof(Epochs), "at least 1", Epochs);
        Check(BatchSize >= 1, nameof(BatchSize), "at least 1", BatchSize);
        Check(
            BitOperations.IsPow2(Shards) && BatchSize % Shards == 0,
            nameof(Shards),
            $"a power of two that divides the {BatchSize} images of a batch",
            Shards);
        ValidateObjective();
        ValidateSteps();
        ValidateSchedule();
        Check(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "from 0 to below 1", ValidationFraction);
        Check(ShuffleBuffer >= 1, nameof(ShuffleBuffer), "at least 1", ShuffleBuffer);
        Check(CheckpointMinutes >= 0, nameof(CheckpointMinutes), "at least 0", CheckpointMinutes);
        Check(ExplainEvery >= 0, nameof(ExplainEvery), "at least 0", ExplainEvery);
        Check(MaxUnreadable is null or >= 0, nameof(MaxUnreadable), "at least 0", MaxUnreadable!);
        Check(Preprocessing.Channels == 3, "Preprocessing.Channels", "3, as the networks take them", Preprocessing.Channels);
        Preprocessing.Validate();
        Augmentation?.Validate();
        ObjectAugmentation?.Validate();
        Labels?.Validate();
        SegmentationAugmentation?.Validate();
        SegmentationLoss?.Validate();
        Check(MostObjects >= 1, nameof(MostObjects), "at least 1", MostObjects);
        Mixing?.Validate();
    }

    private void ValidateObjective()
    {
        Check(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), "from 0 to below 1", LabelSmoothing);
        Check(
            TargetThreshold is null || (Objective == ObjectiveKind.BinaryCrossEntropy && TargetThreshold is >= 0 and < 1),
            nameof(TargetThreshold),
            "from 0 to below 1, with binary cross-entropy only",
            TargetThreshold!);
        Check(FocalGamma >= 0 && float.IsFinite(FocalGamma), nameof(FocalGamma), "at least 0", FocalGamma);
        Check(
            ClassWeights is null || ClassWeights.All(weight => weight >= 0 && double.IsFinite(weight)),
            nameof(ClassWeights),
            "numbers of at least 0",
            string.Join(", ", ClassWeights ?? []));
        Check(
            !BalancedClassWeights || ClassWeights is null,
            nameof(BalancedClassWeights),
            $"false where {nameof(ClassWeights)} are given",
            BalancedClassWeights);
        Distillation?.Validate();
    }

    private void ValidateSteps()
    {
        Check(AccumulationSteps >= 1, nameof(AccumulationSteps), "at least 1", AccumulationSteps);
        Check(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), "at least 0", WeightDecay);
        Check(Momentum is >= 0 and < 1, nameof(Momentum), "from 0 to below 1", Momentum);
        Check(Beta1 is null or (>= 0 and < 1), nameof(Beta1), "from 0 to below 1", Beta1!);
        Check(Beta2 is null or (>= 0 and < 1), nameof(Beta2), "from 0 to below 1", Beta2!);
        Check(Epsilon is null or (>= 0 and < double.PositiveInfinity), nameof(Epsilon), "at least 0", Epsilon!);
        Check(MaxGradientNorm >= 0 && double.IsFinite(MaxGradientNorm), nameof(MaxGradientNorm), "at least 0", MaxGradientNorm);
        Muon?.Validate();
        Check(LayerDecay is > 0 and <= 1, nameof(LayerDecay), "above 0 and at most 1", LayerDecay);
        Check(FrozenStages >= 0, nameof(FrozenStages), "at least 0", FrozenStages);
        Check(ClipNorm >= 0, nameof(ClipNorm), "at least 0", ClipNorm);
        Check(ClipValue >= 0, nameof(ClipValue), "at least 0", ClipValue);
        Check(AdaptiveClip >= 0, nameof(AdaptiveClip), "at least 0", AdaptiveClip);
        Check(EmaDecay is >= 0 and < 1, nameof(EmaDecay), "from 0 to below 1", EmaDecay);
        Check(Patience >= 0, nameof(Patience), "at least 0", Patience);
    }

    private void ValidateSchedule()
    {
        Check(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), "above 0", LearningRate);
        Check(
            MinLearningRate >= 0 && MinLearningRate <= LearningRate,
            nameof(MinLearningRate),
            "from 0 to the learning rate",
            MinLearningRate);
        Check(WarmUpEpochs >= 0 && WarmUpEpochs <= Epochs, nameof(WarmUpEpochs), "from 0 to the number of epochs", WarmUpEpochs);
        Check(WarmUpStartRate >= 0 && double.IsFinite(WarmUpStartRate), nameof(WarmUpStartRate), "at least 0", WarmUpStartRate);
        Check(
            CoolDownEpochs >= 0 && WarmUpEpochs + CoolDownEpochs <= Epochs,
            nameof(CoolDownEpochs),
            "from 0 to the number of epochs after the warm-up",
            CoolDownEpochs);
        Check(
            CoolDownEpochs == 0 || Schedule != ScheduleKind.Constant,
            nameof(CoolDownEpochs),
            "0 for a constant rate, which has no minimum",
            CoolDownEpochs);
        Check(
            Milestones is null || (Milestones.All(epoch => epoch > 0) && Milestones.SequenceEqual(Milestones.Order())),
            nameof(Milestones),
            "epochs above 0, in order",
            string.Join(", ", Milestones ?? []));
        Check(StepEpochs > 0 && double.IsFinite(StepEpochs), nameof(StepEpochs), "above 0", StepEpochs);
        Check(StepFactor is > 0 and <= 1, nameof(StepFactor), "above 0 and at most 1", StepFactor);
        Check(PolyPower > 0 && double.IsFinite(PolyPower), nameof(PolyPower), "above 0", PolyPower);
    }

    /// <summary>Refuses a value that does not hold what its option needs.</summary>
    internal static void Check(bool holds, string option, string expected, object got)
    {
        if (!holds)
        {
            throw new ArgumentException($"{option} must be {expected}, not {got}.", option);
        }
    }
}
