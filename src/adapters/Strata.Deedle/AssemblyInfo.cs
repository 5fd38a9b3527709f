[assembly: Strata.Notebooks.AssemblyFormatters(typeof(Strata.Deedle.FrameFormatter))]
