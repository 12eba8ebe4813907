namespace Fovea.Data;

/// <summary>Writes sets of images with objects as folders in one of the known forms; images are copied as they are.</summary>
public static class InstanceConversion
{
    /// <summary>Writes a set.</summary>
    /// <param name="parts">The set.</param>
    /// <param name="form">The form to write.</param>
    /// <param name="folder">The folder, which is made.</param>
    /// <param name="cancellation">Stops writing; what was written stays.</param>
    /// <returns>Sentences about what the form cannot hold.</returns>
    /// <exception cref="InvalidImageException">An image cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Write(
        InstanceParts parts, AnnotationForm form, string folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        AnnotationWriter writer = form switch
        {
            AnnotationForm.Coco => new CocoWriter(folder),
            AnnotationForm.Voc => new VocWriter(folder),
            AnnotationForm.Yolo => new YoloWriter(folder),
            _ => throw new ArgumentOutOfRangeException(nameof(form)),
        };
        int masks = 0;
        int crowds = 0;
        foreach ((string part, IInstanceDataset opened) in parts.Named)
        {
            InstanceDataset images = (InstanceDataset)opened;
            writer.Begin(part, images.Classes);
            for (int index = 0; index < images.Count; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                byte[] bytes = images.ReadFile(index);
                ImageSize size = images.UprightSizeOf(index);
                IReadOnlyList<Instance> instances = images.InstancesOf(index);
                writer.Add(images.NameOf(index), bytes, size, instances);
                masks += instances.Count(one => one.Mask is not null);
                crowds += instances.Count(one => one.IsCrowd);
            }

            writer.End();
        }

        List<string> lost = [];
        if (masks > 0 && !writer.HoldsMasks)
        {
            lost.Add($"{form} files hold boxes only: the masks of {masks} objects were left out.");
        }

        if (writer.SimplifiedMasks > 0)
        {
            lost.Add($"{form} files hold one outline for each object: {writer.SimplifiedMasks} masks lost their smaller parts or holes.");
        }

        if (crowds > 0 && !writer.HoldsCrowds)
        {
            lost.Add($"{form} files know no crowds: {crowds} crowds and difficult objects became usual ones.");
        }

        return lost;
    }
}
