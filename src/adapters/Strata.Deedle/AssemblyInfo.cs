[assembly: Strata.Notebooks.FormatterSource(typeof(Strata.Deedle.FrameFormatter))]
